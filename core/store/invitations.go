package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/usher-id/usher/core"
)

// invitationRow is an invitation as its listing reads it: the status is what the
// database's clock says, and delivery is that of the newest message, as its provider reported it if it did.
type invitationRow struct {
	bun.BaseModel `bun:"table:invitations,alias:i"`

	ID          core.ID           `bun:"id,pk"`
	TenantID    core.ID           `bun:"tenant_id"`
	Email       string            `bun:"email"`
	Role        string            `bun:"role"`
	Status      string            `bun:"status"`
	Locale      string            `bun:"locale"`
	Metadata    map[string]string `bun:"metadata,type:jsonb"`
	RedirectURL string            `bun:"redirect_url"`
	InvitedBy   core.ID           `bun:"invited_by"`
	ExpiresAt   time.Time         `bun:"expires_at"`
	CreatedAt   time.Time         `bun:"created_at"`
	AcceptedAt  bun.NullTime      `bun:"accepted_at"`
	RevokedAt   bun.NullTime      `bun:"revoked_at"`
	Delivery    string            `bun:"delivery"`

	standingRow
}

const (
	statusNow   = `CASE WHEN i.status = 'pending' AND i.expires_at <= now() THEN 'expired' ELSE i.status END`
	deliveryNow = `CASE WHEN mail.delivery IN ('delivered', 'bounced', 'complained') THEN mail.delivery ELSE COALESCE(mail.status, 'pending') END`
)

func (s *Store) selectInvitations(rows any, tenant core.ID) *bun.SelectQuery {
	return s.bun.NewSelect().Model(rows).
		Column("id", "tenant_id", "email", "role", "locale", "metadata", "redirect_url", "invited_by", "expires_at", "created_at", "accepted_at", "revoked_at").
		ColumnExpr(statusNow+" AS status").ColumnExpr(deliveryNow+" AS delivery").ColumnExpr(standingColumns).
		Join(newestMail).Join(openings).
		Where("i.tenant_id = ?", tenant)
}

// Invitations gives one page of a tenant's invitations, newest first.
func (s *Store) Invitations(ctx context.Context, tenant core.ID, f core.InvitationFilter) (core.Page[core.Invitation], error) {
	var page core.Page[core.Invitation]
	var rows []invitationRow
	q := s.selectInvitations(&rows, tenant).OrderExpr("i.id DESC").Limit(int64(f.Limit) + 1)
	if f.Status != "" {
		q = q.Where(statusNow+" = ?", string(f.Status))
	}
	if f.EmailKey != "" {
		q = q.Where("i.email_key = ?", f.EmailKey)
	}
	if f.Cursor != "" {
		before, err := readCursor[core.ID](f.Cursor)
		if err != nil {
			return page, err
		}
		q = q.Where("i.id < ?", before)
	}
	if err := q.Scan(ctx); err != nil {
		return page, failure("list invitations", err)
	}
	if len(rows) > f.Limit {
		rows = rows[:f.Limit]
		page.NextCursor = writeCursor(rows[f.Limit-1].ID)
	}
	page.Items = make([]core.Invitation, len(rows))
	for i := range rows {
		page.Items[i] = rows[i].invitation()
	}
	return page, nil
}

// Invitation gives one invitation of the tenant.
func (s *Store) Invitation(ctx context.Context, tenant, id core.ID) (core.Invitation, error) {
	var row invitationRow
	err := s.selectInvitations(&row, tenant).Where("i.id = ?", id).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return core.Invitation{}, noInvitation()
	}
	if err != nil {
		return core.Invitation{}, failure("read an invitation", err)
	}
	return row.invitation(), nil
}

func (r *invitationRow) invitation() core.Invitation {
	return core.Invitation{
		ID: r.ID, TenantID: r.TenantID, Email: r.Email, Role: core.Role(r.Role), Status: core.InvitationStatus(r.Status),
		Locale: r.Locale, Metadata: r.Metadata, RedirectURL: r.RedirectURL, InvitedBy: r.InvitedBy,
		ExpiresAt: r.ExpiresAt.UTC(), CreatedAt: r.CreatedAt.UTC(), AcceptedAt: utc(r.AcceptedAt), RevokedAt: utc(r.RevokedAt),
		Delivery: core.DeliveryStatus(r.Delivery), Mail: r.standing(),
	}
}

// utc keeps the zero time zero.
func utc(t bun.NullTime) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC()
}
