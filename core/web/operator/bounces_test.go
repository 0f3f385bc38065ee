package operator_test

import (
	"context"

	"github.com/usher-id/usher/core/mail"
)

// bounces tells nothing but that a mail came.
type bounces struct{}

func (bounces) TakeBounce(_ context.Context, raw []byte, _ string) (mail.Bounced, error) {
	if len(raw) == 0 {
		return mail.Bounced{Ignored: "not_a_report"}, nil
	}
	return mail.Bounced{Status: "bounced", Outcome: "changed"}, nil
}
