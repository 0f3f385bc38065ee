package job

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/riverqueue/river"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/signal"
)

// Lists wait behind mails and signups: few at once, and nobody is woken for one.
const (
	listsAtOnce = 2
	listsPoll   = 500 * time.Millisecond
)

// bulkArgs are a [core.BulkJob] in the library's form.
type bulkArgs struct{ core.BulkJob }

// Kind implements river.JobArgs.
func (bulkArgs) Kind() string { return core.BulkJobKind }

// bulkWorker works off lists of invitations. A long one takes several stretches, so that no
// attempt outlives what the library allows and lists take turns.
type bulkWorker struct {
	river.WorkerDefaults[bulkArgs]

	lists   Lists
	stretch time.Duration
	log     *slog.Logger
	tracer  trace.Tracer
	signals *signal.Signals
}

// Work implements river.Worker.
func (w *bulkWorker) Work(ctx context.Context, job *river.Job[bulkArgs]) error {
	var m metadata
	if err := json.Unmarshal(job.Metadata, &m); err != nil { // the list matters more than its trace
		w.log.WarnContext(ctx, "the metadata of a job cannot be read", slog.Int64("job_id", job.ID))
	}
	ctx, span := w.tracer.Start(signal.Extract(ctx, m.Traceparent), signal.SpanJobWork, trace.WithSpanKind(trace.SpanKindConsumer), trace.WithAttributes(
		signal.AttrJobKind.String(core.BulkJobKind), signal.AttrJobAttempt.Int(job.Attempt)))
	defer span.End()
	started := time.Now()
	more, err := w.work(ctx, core.BulkAttempt{BulkJob: job.Args.BulkJob, Last: job.Attempt >= job.MaxAttempts}, started.Add(w.stretch))
	now, result := time.Now(), signal.OK
	if err != nil {
		result = signal.Failed
		span.SetStatus(codes.Error, "")
		w.log.WarnContext(ctx, "a list of invitations waits for another try", slog.String("bulk_id", job.Args.BulkID.String()), slog.Any("error", err))
	}
	w.signals.JobDone(ctx, core.BulkJobKind, now.Sub(started), result, now)
	if err == nil && more {
		return river.JobSnooze(0)
	}
	return err
}

// work makes a panic an error like any other.
func (w *bulkWorker) work(ctx context.Context, at core.BulkAttempt, until time.Time) (more bool, err error) {
	defer func() {
		if recover() != nil {
			w.log.ErrorContext(ctx, "the job of a list panicked", slog.String("stack", string(debug.Stack())))
			more, err = false, errors.New("job: working off a list panicked")
		}
	}()
	return w.lists.WorkBulk(ctx, at, until)
}
