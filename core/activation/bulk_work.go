package activation

import (
	"context"
	"errors"
	"runtime/debug"
	"sync"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/signal"
)

const (
	bulkBatch = 100 // rows of one commit: a pause waits for no more, and no commit is long
	bulkAsks  = 8   // plugins asked at once
)

// Why a list pauses by itself.
const (
	BulkLostRight = "inviter_lost_right"
	BulkGaveUp    = "gave_up"
)

// WorkBulk goes on with a run over a list until it is done, paused or cancelled, or until enough
// time has passed; more tells that something is left then. It is safe to be done twice and at
// once: a row is invited in the commit that marks it.
func (s *Service) WorkBulk(ctx context.Context, at core.BulkAttempt, until time.Time) (more bool, err error) {
	for {
		more, err := s.workBatch(ctx, at.BulkJob)
		if err != nil {
			return false, s.gaveUp(ctx, at, err)
		}
		if !more || !time.Now().Before(until) {
			return more, nil
		}
	}
}

// gaveUp leaves a list for its people to resume when nobody tries it again by himself.
func (s *Service) gaveUp(ctx context.Context, at core.BulkAttempt, err error) error {
	if !at.Last {
		return err
	}
	return errors.Join(err, s.Store.EndBulk(context.WithoutCancel(ctx), at.BulkJob, core.BulkPaused, BulkGaveUp))
}

// workBatch does the next rows of a run.
func (s *Service) workBatch(ctx context.Context, job core.BulkJob) (more bool, err error) {
	ctx, span := s.Tracer.Start(ctx, signal.SpanBulkBatch)
	defer span.End()
	// 1. Read what is next, and whether it may be done still.
	batch, found, err := s.Store.NextBulk(ctx, job, bulkBatch)
	if err != nil || !found {
		return false, err
	}
	ctx = signal.WithTenant(ctx, batch.Bulk.TenantID.String())
	switch {
	case len(batch.Rows) == 0:
		return false, s.endBulk(ctx, job, core.BulkDone, "")
	case !batch.Allowed:
		return false, s.endBulk(ctx, job, core.BulkPaused, BulkLostRight)
	}
	// 2. Make the invitations and ask the plugins, before the transaction.
	outcomes, err := s.judgeBatch(ctx, batch)
	if err != nil {
		return false, err
	}
	// 3. Commit them with what became of their rows.
	invited, err := s.Store.CommitBulk(ctx, job, outcomes, signal.Inject(ctx))
	if err != nil {
		return false, err
	}
	if invited > 0 {
		s.Mail.Wake()
	}
	for range invited {
		s.Signals.Funnel(ctx, signal.InvitationCreated)
	}
	return true, nil
}

func (s *Service) endBulk(ctx context.Context, job core.BulkJob, status core.BulkStatus, reason string) error {
	if err := s.Store.EndBulk(ctx, job, status, reason); err != nil {
		return err
	}
	s.Log.InfoContext(ctx, "bulk invitation ended", "bulk_id", job.BulkID.String(), "status", string(status), "reason", reason)
	return nil
}

// judgeBatch decides each row. It fails as a whole only when it is broken off.
func (s *Service) judgeBatch(ctx context.Context, batch core.BulkBatch) ([]core.BulkOutcome, error) {
	outcomes := make([]core.BulkOutcome, len(batch.Rows))
	asks := s.Hooks.InvitationBound(batch.Bulk.TenantID)
	turns := make(chan struct{}, bulkAsks)
	var group sync.WaitGroup
	for i, row := range batch.Rows {
		made, err := s.newInvite(core.Actor{UserID: batch.Bulk.ActorID, TenantID: batch.Bulk.TenantID}, Invite{
			TenantID: batch.Bulk.TenantID, Role: row.Role, Locale: row.Locale, Metadata: row.Metadata, RedirectURL: row.RedirectURL,
		}, row.Address, batch.Bulk.Life)
		if err != nil {
			return nil, err
		}
		outcomes[i] = core.BulkOutcome{Row: row, Invite: made}
		if !asks {
			continue
		}
		turns <- struct{}{}
		group.Go(func() {
			defer func() { <-turns }()
			outcomes[i].Row = judged(outcomes[i].Row, s.askRow(ctx, &outcomes[i].Invite, batch.InviterRole))
		})
	}
	group.Wait()
	return outcomes, ctx.Err() // what was broken off says nothing of a row
}

// askRow asks the plugins about one row. A panic costs the row, not the process.
func (s *Service) askRow(ctx context.Context, p *core.Invite, inviter core.Role) (err error) {
	defer func() {
		if recover() != nil {
			s.Log.ErrorContext(ctx, "asking about an invitation panicked", "stack", string(debug.Stack()))
			err = core.E(core.Internal, "")
		}
	}()
	return s.validateInvite(ctx, p, inviter, true)
}

// judged writes into a row why it is not invited.
func judged(row core.BulkRow, err error) core.BulkRow {
	if err == nil {
		return row
	}
	e, ok := errors.AsType[*core.Error](err)
	switch {
	case ok && e.Code != core.Unavailable && e.Code != core.Internal:
		row.Status, row.Code, row.Message = core.BulkRowDenied, string(e.Code), e.Say
		if len(e.Fields) > 0 {
			row.Field, row.Code, row.Message = e.Fields[0].Field, e.Fields[0].Code, e.Fields[0].Message
		}
	default:
		row.Status, row.Code, row.Message = core.BulkRowFailed, string(core.Unavailable), "A rule of this installation could not be asked. Try the row again."
	}
	row.Message = withoutNUL(row.Message) // the words may be a plugin's
	return row
}
