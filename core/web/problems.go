package web

import (
	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/web/edge"
)

// explainProblem is the page behind the type of a problem.
func (s *Server) explainProblem(r *request) error {
	code := core.Code(r.Param("code"))
	kind := edge.KindOf(code)
	if kind.Code != code {
		return core.E(core.NotFound, "There is no problem of that name.").Because("no_such_code")
	}
	document, err := s.pages.Problem(string(kind.Code), kind.Title, kind.Advice)
	if err != nil {
		return err
	}
	r.Document(document)
	return nil
}
