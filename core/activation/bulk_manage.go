package activation

import (
	"context"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/signal"
)

// Bulks gives one page of the tenant's lists of invitations, newest first.
func (s *Service) Bulks(ctx context.Context, a core.Actor, tenant core.ID, cursor string, limit int) (core.Page[core.Bulk], error) {
	var check fields
	limit = check.limit(limit)
	if err := s.mayManage(ctx, a, tenant, check); err != nil {
		return core.Page[core.Bulk]{}, err
	}
	return s.Store.Bulks(ctx, tenant, cursor, limit)
}

// Bulk gives one list: how far it is.
func (s *Service) Bulk(ctx context.Context, a core.Actor, tenant, id core.ID) (core.Bulk, error) {
	if err := s.mayManage(ctx, a, tenant, nil); err != nil {
		return core.Bulk{}, err
	}
	return s.Store.Bulk(ctx, tenant, id)
}

// BulkRows gives one page of a list's rows in their order.
func (s *Service) BulkRows(ctx context.Context, a core.Actor, tenant, id core.ID, f core.BulkRowFilter) (core.Page[core.BulkRow], error) {
	var check fields
	f.Limit = check.limit(f.Limit)
	if err := s.mayManage(ctx, a, tenant, check); err != nil {
		return core.Page[core.BulkRow]{}, err
	}
	return s.Store.BulkRows(ctx, tenant, id, f)
}

// FailedRows gives all rows of a list that were not invited and could be: failed and denied ones.
func (s *Service) FailedRows(ctx context.Context, a core.Actor, tenant, id core.ID) ([]core.BulkRow, error) {
	if err := s.mayManage(ctx, a, tenant, nil); err != nil {
		return nil, err
	}
	page, err := s.Store.BulkRows(ctx, tenant, id, core.BulkRowFilter{
		Statuses: []core.BulkRowStatus{core.BulkRowFailed, core.BulkRowDenied}, Limit: core.MaxBulkRows,
	})
	return page.Items, err
}

// SteerBulk pauses, resumes, cancels or retries a list. A pause takes effect at the end of the
// batch under way; a cancellation leaves the invitations that went out. Whoever resumes or
// retries a list goes on in their own name. [core.Conflict] when it does not fit how the list stands.
func (s *Service) SteerBulk(ctx context.Context, a core.Actor, tenant, id core.ID, action core.BulkAction) (core.Bulk, error) {
	ctx = signal.WithTenant(ctx, tenant.String())
	if a.TenantID != tenant {
		return core.Bulk{}, foreign()
	}
	b, err := s.Store.SteerBulk(ctx, a, tenant, id, action)
	if err != nil {
		return core.Bulk{}, err
	}
	s.Log.InfoContext(ctx, "bulk invitation steered", "bulk_id", id.String(), "action", string(action), "status", string(b.Status))
	return b, nil
}
