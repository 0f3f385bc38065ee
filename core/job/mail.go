package job

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/riverqueue/river"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/signal"
)

// mailArgs are [core.MailJobArgs] in the library's form.
type mailArgs struct {
	core.MailJobArgs

	first time.Duration // until the next attempt, had this been the first: as its failure said, 0 when that did not say
}

// Kind implements river.JobArgs.
func (mailArgs) Kind() string { return core.MailJobKind }

// metadata is what the row of a mail job knows beside its arguments.
type metadata struct {
	Traceparent string `json:"traceparent"`
	Synthetic   bool   `json:"synthetic"`
	AcceptedBy  string `json:"accepted_by"`
	Turn        turn   `json:"turn"`
}

// The metadata's keys.
const (
	acceptedBy = "accepted_by"
	itsTurn    = "turn"
)

// turn is when an attempt may be made that waited for it.
type turn struct {
	At      time.Time `json:"at"`
	Attempt int       `json:"attempt"`
}

// A turn is over when it was missed for long, because the queue was paused or nobody was there:
// all that were missed must not be taken at once. One that comes soon is now, because jobs are
// woken no finer.
const (
	turnKeeps = 5 * time.Minute
	turnSoon  = 2 * time.Second
)

// now tells whether an attempt has its turn.
func (t turn) now(attempt int) bool {
	late := time.Since(t.At)
	return t.Attempt == attempt && late > -turnSoon && late < turnKeeps
}

// mailWorker works off one kind of job.
type mailWorker struct {
	river.WorkerDefaults[mailArgs]

	mailer  Mailer
	log     *slog.Logger
	tracer  trace.Tracer
	signals *signal.Signals
	busy    atomic.Int64 // mails under way
}

// Work implements river.Worker.
func (w *mailWorker) Work(ctx context.Context, job *river.Job[mailArgs]) error {
	w.busy.Add(1)
	defer w.busy.Add(-1)
	var m metadata
	if err := json.Unmarshal(job.Metadata, &m); err != nil { // a mail matters more than its trace
		w.log.WarnContext(ctx, "the metadata of a job cannot be read", slog.Int64("job_id", job.ID))
	}
	ctx = signal.WithRequest(signal.Extract(ctx, m.Traceparent), "", m.Synthetic)
	ctx, span := w.tracer.Start(ctx, signal.SpanJobWork, trace.WithSpanKind(trace.SpanKindConsumer), trace.WithAttributes(
		signal.AttrJobKind.String(core.MailJobKind), signal.AttrJobAttempt.Int(job.Attempt),
		signal.AttrMessageID.String(job.Args.MessageID.String())))
	defer span.End()

	started := time.Now()
	err := w.send(ctx, core.MailAttempt{
		MessageID: job.Args.MessageID, Number: job.Attempt, Last: job.Attempt >= job.MaxAttempts, AcceptedBy: m.AcceptedBy,
		Turn: m.Turn.now(job.Attempt), Bulk: job.Priority > core.MailPrioritySingle,
	})
	result := signal.OK
	if err != nil {
		result = signal.Failed
		span.SetStatus(codes.Error, "")
	}
	now := time.Now()
	w.signals.JobDone(ctx, core.MailJobKind, now.Sub(started), result, now)
	if f, ok := errors.AsType[interface {
		error
		Backoff() time.Duration
	}](err); ok {
		job.Args.first = f.Backoff()
	}
	if f, ok := errors.AsType[interface {
		error
		Turn() time.Time
	}](err); ok && !f.Turn().IsZero() {
		if err := river.MetadataSet(ctx, itsTurn, turn{f.Turn(), job.Attempt}); err != nil {
			return fmt.Errorf("job: keep the turn of a mail: %w", err)
		}
	}
	return w.follow(ctx, err)
}

// NextRetry implements river.Worker; it is asked after Work, with the same job.
func (w *mailWorker) NextRetry(job *river.Job[mailArgs]) time.Time {
	if job.Args.first <= 0 {
		return time.Time{} // the client's policy
	}
	return time.Now().Add(delay(job.Attempt, job.Args.first))
}

// send calls the mailer and makes a panic an error like any other. The panic's value
// is not kept: it may hold anything.
func (w *mailWorker) send(ctx context.Context, a core.MailAttempt) (err error) {
	defer func() {
		if recover() != nil {
			w.log.ErrorContext(ctx, "a mail job panicked",
				slog.String("message_id", a.MessageID.String()), slog.String("stack", string(debug.Stack())))
			err = errors.New("job: the mailer panicked")
		}
	}()
	return w.mailer.SendMail(ctx, a)
}

// follow turns a failure into what the library does next.
func (w *mailWorker) follow(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if f, ok := errors.AsType[interface {
		error
		AcceptedBy() string
	}](err); ok && f.AcceptedBy() != "" {
		if err := river.MetadataSet(ctx, acceptedBy, f.AcceptedBy()); err != nil {
			return fmt.Errorf("job: keep who accepted the mail: %w", err)
		}
	}
	if f, ok := errors.AsType[interface {
		error
		Snooze() time.Duration
	}](err); ok && f.Snooze() > 0 {
		return river.JobSnooze(f.Snooze())
	}
	if f, ok := errors.AsType[interface {
		error
		Final() bool
	}](err); ok && f.Final() {
		return river.JobCancel(err)
	}
	return err
}
