package store

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/usher-id/usher/core"
)

const bulkColumns = `b.id, b.tenant_id, b.actor_id, b.status, b.reason, b.rows, b.pending, b.invited, b.duplicate, b.denied, b.failed,
	extract(epoch FROM b.life)::bigint, b.created_at, b.updated_at, b.finished_at`

// bulkInto are the targets of [bulkColumns]; end turns what has no place of its own into place.
func bulkInto(b *core.Bulk) (targets []any, end func()) {
	var life int64
	var finished pgtype.Timestamptz
	n := &b.Counts
	targets = []any{
		into(&b.ID), into(&b.TenantID), into(&b.ActorID), &b.Status, &b.Reason, &n.Rows, &n.Pending, &n.Invited, &n.Duplicate, &n.Denied, &n.Failed,
		&life, &b.CreatedAt, &b.UpdatedAt, &finished,
	}
	end = func() {
		b.Life, b.FinishedAt = time.Duration(life)*time.Second, maybe(finished)
		b.CreatedAt, b.UpdatedAt = b.CreatedAt.UTC(), b.UpdatedAt.UTC()
	}
	return targets, end
}

// Bulk gives one list of the tenant.
func (s *Store) Bulk(ctx context.Context, tenant, id core.ID) (core.Bulk, error) {
	var b core.Bulk
	targets, end := bulkInto(&b)
	err := s.hot.QueryRow(ctx, `SELECT `+bulkColumns+` FROM bulk_invitations b WHERE b.id = $1 AND b.tenant_id = $2`, uuid(id), uuid(tenant)).Scan(targets...)
	if errors.Is(err, pgx.ErrNoRows) {
		return core.Bulk{}, noBulk()
	}
	end()
	return b, failure("read a list of invitations", err)
}

func noBulk() error {
	return core.E(core.NotFound, "There is no such list of invitations.").Because("unknown_bulk")
}

// Bulks gives one page of a tenant's lists, newest first.
func (s *Store) Bulks(ctx context.Context, tenant core.ID, cursor string, limit int) (core.Page[core.Bulk], error) {
	var page core.Page[core.Bulk]
	var before core.ID
	if cursor != "" {
		var err error
		if before, err = readCursor[core.ID](cursor); err != nil {
			return page, err
		}
	}
	rows, err := s.hot.Query(ctx, `SELECT `+bulkColumns+` FROM bulk_invitations b
		WHERE b.tenant_id = $1 AND ($2::uuid IS NULL OR b.id < $2::uuid) ORDER BY b.id DESC LIMIT $3`, uuid(tenant), nullable(before), limit+1)
	if err != nil {
		return page, failure("list the lists of invitations", err)
	}
	page.Items, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (core.Bulk, error) {
		var b core.Bulk
		targets, end := bulkInto(&b)
		err := row.Scan(targets...)
		end()
		return b, err
	})
	if len(page.Items) > limit {
		page.Items = page.Items[:limit]
		page.NextCursor = writeCursor(page.Items[limit-1].ID)
	}
	return page, failure("list the lists of invitations", err)
}

const bulkRowColumns = `r.line, r.email, r.email_key, r.role, r.locale, r.metadata, r.redirect_url, r.status, r.valid, r.field, r.code, r.message, r.invitation_id`

func scanBulkRow(row pgx.CollectableRow) (core.BulkRow, error) {
	var r core.BulkRow
	var invitation pgtype.UUID
	err := row.Scan(&r.Line, &r.Email, &r.Address.Key, &r.Role, &r.Locale, &r.Metadata, &r.RedirectURL, &r.Status, &r.Valid, &r.Field, &r.Code, &r.Message, &invitation)
	r.InvitationID = invitation.Bytes
	if r.Address.Key != "" { // then email is what was cleaned
		r.Address.Email, r.Address.Domain = r.Email, domain(r.Email)
	}
	return r, err
}

// BulkRows gives one page of a list's rows in their order.
func (s *Store) BulkRows(ctx context.Context, tenant, id core.ID, f core.BulkRowFilter) (core.Page[core.BulkRow], error) {
	var page core.Page[core.BulkRow]
	var after int32
	if f.Cursor != "" {
		var err error
		if after, err = readCursor[int32](f.Cursor); err != nil {
			return page, err
		}
	}
	if _, err := s.Bulk(ctx, tenant, id); err != nil {
		return page, err
	}
	statuses := make([]string, len(f.Statuses))
	for i, status := range f.Statuses {
		statuses[i] = string(status)
	}
	rows, err := s.hot.Query(ctx, `SELECT `+bulkRowColumns+` FROM bulk_invitation_rows r
		WHERE r.bulk_id = $1 AND r.line > $2 AND (cardinality($3::text[]) = 0 OR r.status = ANY($3::text[])) ORDER BY r.line LIMIT $4`,
		uuid(id), after, statuses, f.Limit+1)
	if err != nil {
		return page, failure("list the rows of invitations", err)
	}
	page.Items, err = pgx.CollectRows(rows, scanBulkRow)
	if len(page.Items) > f.Limit {
		page.Items = page.Items[:f.Limit]
		page.NextCursor = writeCursor(page.Items[f.Limit-1].Line)
	}
	return page, failure("list the rows of invitations", err)
}
