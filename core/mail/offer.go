package mail

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/signal"
)

// offer hands the mail to the provider of the turn, and to those after it in the order
// until one takes it, one's failure ends the attempt, or none is left that is up.
func (s *Sender) offer(ctx context.Context, a core.MailAttempt, out core.Outgoing, m *Message, t *turn, order []int, d core.Delivery) error {
	var worst *Failure
	for {
		began := time.Now()
		id, f := s.hand(ctx, *t, m)
		d.Tries = append(d.Tries, core.MailTry{Provider: s.providers[t.at].Name(), Outcome: outcomeOf(f), Duration: time.Since(began)})
		if f == nil || f.Class != Busy && ctx.Err() == nil { // what we stopped says nothing about the provider
			s.report(ctx, *t, f)
			t.probe = false
		}
		if f == nil {
			s.signals.EmailHandover(ctx, time.Since(out.CreatedAt))
			d.Provider, d.ProviderID = s.providers[t.at].Name(), id
			return s.recordAccepted(ctx, a, d)
		}
		worst = weightier(worst, f)
		next, ok := s.after(ctx, f, t.at, order)
		s.count(ctx, *t, f, a.Last && !ok)
		if !ok {
			return s.failed(ctx, a, out, worst, d)
		}
		s.log.InfoContext(ctx, "mail passed on to the next provider",
			about(a, slog.String("provider", f.by), slog.String("next", s.providers[next.at].Name()), slog.Any("error", f))...)
		s.gates.abandon(*t)
		*t = next
	}
}

// outcomeOf is how a provider's turn ended, in the words of a message's row.
func outcomeOf(f *Failure) string {
	if f == nil {
		return "accepted"
	}
	return f.Reason()
}

// after gives the turn at the next provider, if the failure lets the mail go on to one.
func (s *Sender) after(ctx context.Context, f *Failure, at int, order []int) (turn, bool) {
	if !f.next() || ctx.Err() != nil {
		return turn{}, false
	}
	return s.gates.try(order[slices.Index(order, at)+1:])
}

// hand gives the mail to a provider; a nil failure means accepted.
func (s *Sender) hand(ctx context.Context, t turn, m *Message) (id string, f *Failure) {
	p := s.providers[t.at]
	trace.SpanFromContext(ctx).SetAttributes(signal.AttrProvider.String(p.Name()))
	var err error
	if tracked, ok := p.(Tracked); ok {
		id, err = tracked.SendTracked(ctx, m)
	} else {
		err = p.Send(ctx, m)
	}
	if err == nil {
		return id, nil
	}
	named := *asFailure(err) // the provider's own may be shared
	named.by = p.Name()
	return "", &named
}

// shutFor is why a gate is shut, in the words of the metric.
func shutFor(f *Failure) signal.ShutReason {
	switch {
	case f == nil:
		return ""
	case f.Class == Refused:
		return signal.ShutRefused
	default:
		return signal.ShutDown
	}
}

// report tells the gate how the attempt ended, and the log when that is news.
func (s *Sender) report(ctx context.Context, t turn, f *Failure) {
	provider := slog.String("provider", s.providers[t.at].Name())
	before, after := s.gates.report(t, f)
	if before != after {
		s.signals.EmailProviderShut(context.Background(), s.providers[t.at].Name(), shutFor(after))
	}
	switch {
	case before == nil && after != nil:
		s.log.WarnContext(ctx, "the mail provider is down; mails wait", provider, slog.Any("error", after))
	case before != nil && after == nil:
		s.log.InfoContext(ctx, "the mail provider is back", provider)
	}
}
