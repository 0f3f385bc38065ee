package web

func (s *Server) revoke(r *request) (nothing, error) {
	tenant, id, err := invitationIDs(r)
	if err != nil {
		return nothing{}, err
	}
	return nothing{}, s.activation.Revoke(r.Context(), *r.actor, tenant, id)
}
