package mail

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/signal"
)

// loaded is one message of a batch; found is false when there is no such row.
type loaded struct {
	core.Outgoing
	found bool
}

func loadFrom(store Store) func(context.Context, []core.ID) ([]loaded, error) {
	return func(ctx context.Context, ids []core.ID) ([]loaded, error) {
		rows, err := store.LoadOutgoing(ctx, ids)
		if err != nil {
			return nil, err
		}
		at := make(map[core.ID]int, len(rows))
		for i := range rows {
			at[rows[i].MessageID] = i
		}
		results := make([]loaded, len(ids))
		for i, id := range ids {
			if row, ok := at[id]; ok {
				results[i] = loaded{rows[row], true}
			}
		}
		return results, nil
	}
}

func recordIn(store Store) func(context.Context, []core.Delivery) ([]struct{}, error) {
	return func(ctx context.Context, deliveries []core.Delivery) ([]struct{}, error) {
		return make([]struct{}, len(deliveries)), store.RecordDeliveries(ctx, deliveries)
	}
}

// load reads the message as it stands now. The context returned knows the tenant,
// so that every line logged from here on names it.
func (s *Sender) load(ctx context.Context, a core.MailAttempt, span trace.Span) (core.Outgoing, context.Context, error) {
	row, err := s.read(ctx, a.MessageID)
	if err != nil {
		return core.Outgoing{}, ctx, Fail(Temporary, "load", "", err)
	}
	if !row.found {
		return core.Outgoing{}, ctx, Fail(Permanent, "load", "", errors.New("there is no such message"))
	}
	out := row.Outgoing
	span.SetAttributes(signal.AttrMessageKind.String(string(out.Kind)))
	if !out.TenantID.IsZero() {
		tenant := out.TenantID.String()
		ctx = signal.WithTenant(ctx, tenant)
		span.SetAttributes(signal.AttrTenantID.String(tenant))
	}
	if !out.InvitationID.IsZero() {
		span.SetAttributes(signal.AttrInvitationID.String(out.InvitationID.String()))
	}
	return out, ctx, nil
}

func (s *Sender) read(ctx context.Context, message core.ID) (loaded, error) {
	ctx, span := s.tracer.Start(ctx, signal.SpanMailLoad)
	defer span.End()
	return s.loads.do(ctx, message)
}

// skip ends an attempt before its mail was made: it must not be sent any more.
func (s *Sender) skip(ctx context.Context, a core.MailAttempt, t turn, reason string) error {
	s.signals.EmailSent(ctx, s.providers[t.at].Name(), signal.SendSkipped)
	s.log.InfoContext(ctx, "mail skipped", about(a, slog.String("reason", reason))...)
	if reason == "sent" {
		return nil // the row says so already
	}
	return s.record(ctx, core.Delivery{
		MessageID: a.MessageID, Status: core.DeliverySkipped, Reason: reason, Attempts: a.Number,
	})
}

// render makes the mail, and says in d who did.
func (s *Sender) render(ctx context.Context, out core.Outgoing, d *core.Delivery) (*Message, *Failure) {
	ctx, span := s.tracer.Start(ctx, signal.SpanMailRender)
	defer span.End()
	m, by, err := s.composer.compose(ctx, out)
	span.SetAttributes(signal.AttrRenderedBy.String(by))
	if err != nil {
		return nil, asFailure(err)
	}
	d.RenderedBy, d.Language = by, m.Language
	return m, nil
}

// recordAccepted keeps that a provider took the mail. When that fails the failure
// says who did, so that the next attempt records and does not send.
func (s *Sender) recordAccepted(ctx context.Context, a core.MailAttempt, d core.Delivery) error {
	d.MessageID, d.Status, d.Attempts = a.MessageID, core.DeliverySent, a.Number
	if err := s.record(ctx, d); err != nil {
		f := asFailure(err)
		f.accepted = strings.TrimSpace(d.Provider + " " + d.ProviderID)
		return f
	}
	s.signals.EmailSent(ctx, d.Provider, signal.SendAccepted)
	s.log.InfoContext(ctx, "mail accepted", about(a, slog.String("provider", d.Provider))...)
	return nil
}

// count counts an attempt at one provider that did not get the mail accepted.
func (s *Sender) count(ctx context.Context, t turn, f *Failure, last bool) {
	outcome := signal.SendTemporary
	if f.counts() && (f.Class == Permanent || last) {
		outcome = signal.SendPermanent
	}
	s.signals.EmailSent(ctx, s.providers[t.at].Name(), outcome)
}

// longestRetry bounds for how long after its commit a mail may be put off by a provider's
// own word without its attempts being counted.
const longestRetry = 24 * time.Hour

// failed keeps an attempt that did not get the mail accepted.
func (s *Sender) failed(ctx context.Context, a core.MailAttempt, out core.Outgoing, f *Failure, d core.Delivery) error {
	s.heed(ctx, out, f)
	if !f.counts() {
		return s.postpone(f)
	}
	d.MessageID, d.Status, d.Provider, d.Reason, d.Attempts = a.MessageID, core.DeliveryPending, f.by, f.Reason(), a.Number
	if f.RetryAfter > 0 && time.Since(out.CreatedAt) < longestRetry {
		f.wait = f.RetryAfter
	} else {
		f.last = a.Last
	}
	if f.Final() {
		d.Status = core.DeliveryFailed
		s.log.WarnContext(ctx, "mail not delivered", about(a, slog.String("kind", string(out.Kind)), slog.Any("error", f))...)
	} else {
		s.log.InfoContext(ctx, "mail deferred", about(a, slog.Any("error", f))...)
	}
	if err := s.record(ctx, d); err != nil && f.Final() {
		return err // tried again, so that the row does not say pending for ever
	}
	return f
}

// postpone gives the job back without counting the attempt.
func (s *Sender) postpone(err error) error {
	f, ok := errors.AsType[*Failure](err)
	if !ok {
		return err // the context's
	}
	again := *f // the gate's own is shared
	if again.wait == 0 {
		again.wait = time.Second + rand.N(time.Second)
	}
	return &again
}

func (s *Sender) record(ctx context.Context, d core.Delivery) error {
	ctx, span := s.tracer.Start(ctx, signal.SpanMailRecord)
	defer span.End()
	d.Traceparent = signal.Inject(ctx)
	if _, err := s.records.do(ctx, d); err != nil {
		return Fail(Temporary, "record", "", err)
	}
	return nil
}

// asFailure makes any error a failure; one that no provider classified may pass.
func asFailure(err error) *Failure {
	if f, ok := errors.AsType[*Failure](err); ok {
		return f
	}
	return Fail(Temporary, "unknown", "", fmt.Errorf("not classified: %w", err))
}

func about(a core.MailAttempt, more ...slog.Attr) []any {
	attrs := make([]any, 0, 2+len(more))
	attrs = append(attrs, slog.String("message_id", a.MessageID.String()), slog.Int("attempt", a.Number))
	for _, m := range more {
		attrs = append(attrs, m)
	}
	return attrs
}
