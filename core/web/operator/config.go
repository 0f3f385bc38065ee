package operator

import (
	"errors"
	"net/http"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/web/edge"
)

func (s *Server) config(c *edge.Call) error {
	effective, err := s.Effective()
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, effective)
}

// reload answers with what changed. What is wrong with a configuration is the
// operator's to mend and so is told in full; the one in force stays.
func (s *Server) reload(c *edge.Call) error {
	changed, err := s.Reload(c.Context())
	if _, ours := errors.AsType[*core.Error](err); err != nil && !ours {
		return core.E(core.ValidationFailed, "The configuration was not loaded: "+err.Error()).Because("config_refused").Caused(err)
	}
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, changed)
}
