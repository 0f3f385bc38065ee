package mail

import (
	"context"
	"errors"
	"log/slog"

	"go.opentelemetry.io/otel/trace"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/signal"
)

// CallbackReader asks the plugin of a provider what a callback says. Its error is for the
// caller: that the callback does not come from the provider, or cannot be read now.
type CallbackReader interface {
	MessageStatus(ctx context.Context, plugin string, c core.Callback) ([]core.MailReport, error)
}

// ReportStore keeps what providers report of their mails, all of one callback or nothing,
// and tells of each report, in order, what it changed.
type ReportStore interface {
	// Who reports is "" when that is no provider but a server on the mail's way.
	RecordReports(ctx context.Context, provider string, reports []core.MailReport, traceparent string) ([]core.ReportOutcome, error)
}

// FeedbackDeps are the parts that [Feedback] needs; all are required.
type FeedbackDeps struct {
	Reader  CallbackReader
	Store   ReportStore
	Log     *slog.Logger
	Tracer  trace.Tracer
	Signals *signal.Signals
}

// Feedback takes the callbacks of providers. It is safe for concurrent use.
type Feedback struct {
	deps    FeedbackDeps
	plugins map[string]string // by the provider that they adapt
}

// NewFeedback makes one for these providers.
func NewFeedback(d FeedbackDeps, providers []Provider) (*Feedback, error) {
	if d.Reader == nil || d.Store == nil || d.Log == nil || d.Tracer == nil || d.Signals == nil {
		return nil, errors.New("mail: Reader, Store, Log, Tracer and Signals are required")
	}
	f := &Feedback{deps: d, plugins: map[string]string{}}
	for _, p := range providers {
		if adapted, ok := p.(*Adapted); ok {
			f.plugins[p.Name()] = adapted.config.Plugin
		}
	}
	for name := range f.plugins {
		d.Signals.EmailReporter(context.Background(), name)
	}
	return f, nil
}

// ProviderCallback takes one callback. nil means that all it says is kept; whether the
// mails that it names are known makes no difference to the caller. A provider that no
// plugin adapts is [core.NotFound]; otherwise the error is the reader's or the store's.
func (f *Feedback) ProviderCallback(ctx context.Context, c core.Callback) (err error) {
	plugin, ok := f.plugins[c.Provider]
	if !ok {
		return core.E(core.NotFound, "There is nothing here by that name.").Because("unknown_provider")
	}
	ctx, span := f.deps.Tracer.Start(ctx, signal.SpanMailFeedback, trace.WithAttributes(signal.AttrProvider.String(c.Provider)))
	defer span.End()
	reports, err := f.deps.Reader.MessageStatus(ctx, plugin, c)
	if err != nil {
		f.deps.Signals.EmailStatus(ctx, c.Provider, signal.ReportRejected)
		span.SetAttributes(signal.AttrErrorType.String(core.ReasonOf(err)))
		return err
	}
	if len(reports) == 0 {
		return nil
	}
	outcomes, err := f.deps.Store.RecordReports(ctx, c.Provider, reports, signal.Inject(ctx))
	if err != nil {
		return err
	}
	f.count(ctx, c.Provider, reports, outcomes)
	return nil
}

func (f *Feedback) count(ctx context.Context, provider string, reports []core.MailReport, outcomes []core.ReportOutcome) {
	changed := 0
	for i, o := range outcomes {
		status := signal.ReportStatus(o)
		if o == core.ReportChanged {
			status = signal.ReportStatus(reports[i].Status)
			changed++
		}
		f.deps.Signals.EmailStatus(ctx, provider, status)
	}
	f.deps.Log.InfoContext(ctx, "mail reports kept",
		slog.String("provider", provider), slog.Int("reports", len(reports)), slog.Int("changed", changed))
}
