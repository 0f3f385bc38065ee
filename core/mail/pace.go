package mail

import (
	"context"
	"log/slog"
	"time"

	"github.com/usher-id/usher/core"
)

// waitTurn is why the mail must wait for its turn at the domain that it goes to; nil when it
// may go. A pace that cannot be asked for keeps no mail back.
func (s *Sender) waitTurn(ctx context.Context, a core.MailAttempt, out core.Outgoing) *Failure {
	if s.pace == nil {
		return nil
	}
	every := s.pace(out.To.Domain)
	if every <= 0 {
		return nil
	}
	answer, err := s.turns.do(ctx, core.PaceAsk{Domain: out.To.Domain, Every: every, Bulk: a.Bulk, Turn: a.Turn})
	if err != nil {
		if ctx.Err() == nil {
			s.log.WarnContext(ctx, "no turn could be taken; the mail leaves unpaced", about(a, slog.Any("error", err))...)
		}
		return nil
	}
	if answer.Wait <= 0 {
		return nil
	}
	f := Fail(Held, "pace", answer.Reason, nil)
	f.wait, f.turn = answer.Wait, time.Now().Add(answer.Wait)
	return f
}

// heed pauses a domain that is paced when its server wants fewer mails.
func (s *Sender) heed(ctx context.Context, out core.Outgoing, f *Failure) {
	if s.pace == nil || !f.slowDown() || s.pace(out.To.Domain) <= 0 {
		return
	}
	if err := s.pacer.PauseDomain(context.WithoutCancel(ctx), out.To.Domain, f.Code); err != nil {
		s.log.WarnContext(ctx, "a domain that wants fewer mails could not be paused", slog.Any("error", err))
		return
	}
	s.log.InfoContext(ctx, "a domain is given no mails for a while", slog.String("domain", out.To.Domain), slog.String("reason", f.Code))
}
