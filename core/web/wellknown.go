package web

// signingKeys may be kept for a while: a key is published before it signs.
func (s *Server) signingKeys(r *request) error {
	r.Bytes(200, "application/json", s.identity.JWKS())
	r.SetHeader("Cache-Control", "public, max-age=300")
	return nil
}

func (s *Server) openAPI(r *request) error {
	r.Bytes(200, "application/json", committed)
	r.SetHeader("Cache-Control", "no-cache")
	return nil
}
