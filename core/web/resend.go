package web

func (s *Server) resend(r *request) (nothing, error) {
	tenant, id, err := invitationIDs(r)
	if err != nil {
		return nothing{}, err
	}
	return nothing{}, s.activation.Resend(r.Context(), *r.actor, tenant, id)
}
