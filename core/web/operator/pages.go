package operator

import (
	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/web/edge"
)

func (s *Server) pluginsPage(c *edge.Call) error {
	c.Document(s.Pages.Plugins())
	return nil
}

func (s *Server) asset(c *edge.Call) error { return c.Asset(s.Pages, c.Param("file")) }

func (s *Server) explainProblem(c *edge.Call) error {
	return c.Explain(s.Pages, core.Code(c.Param("code")))
}
