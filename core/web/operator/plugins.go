package operator

import (
	"net/http"

	"github.com/usher-id/usher/core/web/edge"
)

func (s *Server) plugins(c *edge.Call) error { return c.JSON(http.StatusOK, s.Plugins()) }

func (s *Server) hooks(c *edge.Call) error { return c.JSON(http.StatusOK, s.Hooks()) }
