package mail

import (
	"context"
	"errors"
	"log/slog"

	"go.opentelemetry.io/otel/trace"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/mail/bounce"
	"github.com/usher-id/usher/core/signal"
)

// BouncesDeps are the parts that [Bounces] needs; Path may be nil.
type BouncesDeps struct {
	Store   ReportStore
	Path    *ReturnPath
	Log     *slog.Logger
	Tracer  trace.Tracer
	Signals *signal.Signals
}

// Bounces takes the mails in which servers and mailboxes say what became of ours: an SMTP
// server has no callback. It is safe for concurrent use.
type Bounces struct{ deps BouncesDeps }

// NewBounces makes one.
func NewBounces(d BouncesDeps) (*Bounces, error) {
	if d.Store == nil || d.Log == nil || d.Tracer == nil || d.Signals == nil {
		return nil, errors.New("mail: Store, Log, Tracer and Signals are required")
	}
	if d.Path != nil {
		d.Signals.EmailReporter(context.Background(), bouncer)
	}
	return &Bounces{deps: d}, nil
}

// bouncer is who reports by mail, in metrics and logs.
const bouncer = "bounces"

// Bounced is what a mail said of one of ours, and what that changed.
type Bounced struct {
	MessageID core.ID
	Status    core.DeliveryStatus
	Reason    string
	Outcome   core.ReportOutcome
	Ignored   string // why nothing was taken from it, in snake_case
}

// TakeBounce takes one mail, in whose envelope the recipient was to, "" when nobody knows. A mail
// that says nothing of ours is ignored and no fault: anyone can write to the mailbox. The error is
// the store's.
func (b *Bounces) TakeBounce(ctx context.Context, mail []byte, to string) (Bounced, error) {
	ctx, span := b.deps.Tracer.Start(ctx, signal.SpanMailFeedback, trace.WithAttributes(signal.AttrProvider.String(bouncer)))
	defer span.End()
	said, err := bounce.Parse(mail)
	if err != nil {
		return b.ignore(ctx, "not_a_report"), nil
	}
	id, ours := b.messageOf(append([]string{to}, said.Addresses...))
	if !ours {
		return b.ignore(ctx, "not_our_return_path"), nil
	}
	reports := []core.MailReport{{MessageID: id, Status: core.DeliveryStatus(said.Status), Reason: said.Reason}}
	outcomes, err := b.deps.Store.RecordReports(ctx, "", reports, signal.Inject(ctx))
	if err != nil {
		return Bounced{}, err
	}
	if len(outcomes) != 1 {
		return Bounced{}, errors.New("mail: the store does not tell what one report changed")
	}
	taken := Bounced{MessageID: id, Status: core.DeliveryStatus(said.Status), Reason: said.Reason, Outcome: outcomes[0]}
	b.count(ctx, taken)
	return taken, nil
}

func (b *Bounces) count(ctx context.Context, t Bounced) {
	status := signal.ReportStatus(t.Outcome)
	if t.Outcome == core.ReportChanged {
		status = signal.ReportStatus(t.Status)
	}
	b.deps.Signals.EmailStatus(ctx, bouncer, status)
	b.deps.Log.InfoContext(ctx, "report of a mail kept", slog.String("message_id", t.MessageID.String()), slog.String("outcome", string(t.Outcome)))
}

func (b *Bounces) ignore(ctx context.Context, why string) Bounced {
	b.deps.Signals.EmailStatus(ctx, bouncer, signal.ReportRejected)
	b.deps.Log.InfoContext(ctx, "mail to the return path ignored", slog.String("reason", why))
	return Bounced{Ignored: why}
}

func (b *Bounces) messageOf(addresses []string) (core.ID, bool) {
	for _, address := range addresses {
		if id, ok := b.deps.Path.Message(address); ok {
			return id, true
		}
	}
	return core.ID{}, false
}
