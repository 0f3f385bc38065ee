package web

import "github.com/usher-id/usher/core"

const mimeHTML = "text/html"

// openLink shows the same page for every link. It does not look the token up, so
// that whatever opens links, by GET or HEAD, changes and learns nothing; that it was opened is
// noted, and kept later and elsewhere.
func (s *Server) openLink(r *request) error {
	s.activation.Opened(r.Context(), core.Secret(r.Param("token")), core.VisitPrefetch)
	r.Document(s.pages.Activation())
	return nil
}

func (s *Server) openInvite(r *request) error {
	r.Document(s.pages.Invite())
	return nil
}

func (s *Server) asset(r *request) error { return r.Asset(s.pages, r.Param("file")) }

// explainProblem is the page behind the type of a problem.
func (s *Server) explainProblem(r *request) error {
	return r.Explain(s.pages, core.Code(r.Param("code")))
}
