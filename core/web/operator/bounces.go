package operator

import (
	"context"
	"net/http"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/mail"
	"github.com/usher-id/usher/core/web/edge"
)

// Bounces takes the mails that come to the return path; package mail has it.
type Bounces interface {
	TakeBounce(ctx context.Context, raw []byte, to string) (mail.Bounced, error)
}

type bouncedView struct {
	MessageID core.ID             `json:"message_id,omitzero"`
	Status    core.DeliveryStatus `json:"status,omitzero"`
	Reason    string              `json:"reason,omitzero"`
	Outcome   core.ReportOutcome  `json:"outcome,omitzero"`
	Ignored   string              `json:"ignored,omitzero"` // why nothing was taken from it
}

// takeBounce takes one mail, as it came. It is not for the audit: a mail server does it.
func (s *Server) takeBounce(c *edge.Call) error {
	query, err := c.Query("to")
	if err != nil {
		return err
	}
	bounced, err := s.Bounces.TakeBounce(c.Context(), c.Raw(), query["to"])
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, bouncedView(bounced))
}
