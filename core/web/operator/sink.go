package operator

import (
	"net/http"

	"github.com/usher-id/usher/core/mail/sink"
	"github.com/usher-id/usher/core/web/edge"
)

type mailPage struct {
	Data []sink.Mail `json:"data"`
}

// The number of mails in one answer.
const (
	someMails = 100
	mostMails = 1000
)

func (s *Server) listMails(c *edge.Call) error {
	query, err := c.Query("to", "limit")
	if err != nil {
		return err
	}
	limit, err := edge.Limit(query["limit"], someMails, mostMails)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, mailPage{Data: s.Sink.List(query["to"], limit)})
}

func (s *Server) clearMails(c *edge.Call) error {
	s.Sink.Clear()
	c.Empty(http.StatusNoContent)
	return nil
}

func (s *Server) sinkPage(c *edge.Call) error {
	c.Document(s.Pages.Sink())
	return nil
}
