package web

type addressRequest struct {
	Email string `json:"email"`
}

func addressExample() any { return addressRequest{Email: "owner@example.com"} }

func (s *Server) requestSignIn(r *request, in addressRequest) (nothing, error) {
	return nothing{}, s.identity.RequestSignIn(r.Context(), in.Email)
}

func (s *Server) requestPasswordReset(r *request, in addressRequest) (nothing, error) {
	return nothing{}, s.identity.RequestPasswordReset(r.Context(), in.Email)
}
