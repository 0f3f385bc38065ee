package store

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/usher-id/usher/core"
)

// described has a statement's types asked for, where those of its values do not tell.
const described = pgx.QueryExecModeDescribeExec

const webhookColumns = `w.id, w.tenant_id, w.url, w.types, w.secret, w.sealed_by, w.previous_secret, w.previous_sealed_by, w.previous_until,
	w.version, w.created_at, w.updated_at, w.failing_since, w.disabled_at, w.disabled_reason`

type webhookRow struct {
	w                              core.Webhook
	tenant                         pgtype.UUID
	types                          []string
	previous                       []byte
	previousBy                     pgtype.Text
	until, failing, off, made, was pgtype.Timestamptz
	reason                         string
}

func (r *webhookRow) into() []any {
	return []any{
		into(&r.w.ID), &r.tenant, &r.w.URL, &r.types, &r.w.Secret.Sealed, &r.w.Secret.By, &r.previous, &r.previousBy, &r.until,
		&r.w.Version, &r.made, &r.was, &r.failing, &r.off, &r.reason,
	}
}

func (r *webhookRow) webhook() core.Webhook {
	w := r.w
	w.TenantID, w.Previous = r.tenant.Bytes, core.SealedSecret{Sealed: r.previous, By: r.previousBy.String}
	w.PreviousUntil, w.CreatedAt, w.UpdatedAt = maybe(r.until), maybe(r.made), maybe(r.was)
	w.FailingSince, w.DisabledAt, w.Disabled = maybe(r.failing), maybe(r.off), core.WebhookOff(r.reason)
	for _, t := range r.types {
		w.Types = append(w.Types, core.EventType(t))
	}
	return w
}

func webhookOf(row pgx.Row, doing string) (core.Webhook, error) {
	var r webhookRow
	err := row.Scan(r.into()...)
	if errors.Is(err, pgx.ErrNoRows) {
		return core.Webhook{}, noWebhook()
	}
	return r.webhook(), failure(doing, err)
}

func noWebhook() error {
	return core.E(core.NotFound, "There is no webhook by that id.").Because("no_such_webhook")
}

// webhookEvent writes the event of a change to an endpoint, which the CTE changed has. Its address is not in it: customers
// put secrets there.
const webhookEvent = `, event AS (
	INSERT INTO events (type, tenant_id, aggregate_type, aggregate_id, aggregate_version, actor_id, traceparent, data)
	SELECT what, tenant_id, 'webhook', id, version, actor, traceparent, data FROM told),
act AS (
	INSERT INTO operator_acts (actor, action, subject)
	SELECT operator, 'webhook_' || lower(substr(what, 8)), id::text FROM told WHERE operator <> '')`

const addWebhook = `WITH w AS (
	INSERT INTO webhooks (id, tenant_id, url, types, secret, sealed_by)
	SELECT $1, $2, $3, $4, $5, $6 WHERE (SELECT count(*) FROM webhooks WHERE tenant_id IS NOT DISTINCT FROM $2::uuid) < $9
	RETURNING *),
place AS (
	INSERT INTO event_consumers (name, xid, position) SELECT '` + core.WebhookConsumers + `' || id, pg_snapshot_xmin(pg_current_snapshot()), 0 FROM w),
told AS (SELECT 'WebhookAdded' AS what, tenant_id, id, version, $7::uuid AS actor, $8::text AS traceparent, $10::text AS operator, '{}'::jsonb AS data FROM w)` + webhookEvent + `
SELECT ` + webhookColumns + ` FROM w`

// AddWebhook stores an endpoint and its place in the outbox: what is committed from now on is for it. There are at most so
// many of a tenant, and as many of the operators.
func (s *Store) AddWebhook(ctx context.Context, w core.Webhook, by core.By, most int) (core.Webhook, error) {
	added, err := webhookOf(s.cold.QueryRow(ctx, addWebhook, described, uuid(w.ID), nullable(w.TenantID), w.URL, typeNames(w.Types), w.Secret.Sealed, w.Secret.By,
		nullable(by.UserID), by.Traceparent, most, by.Operator), "add a webhook")
	if core.CodeOf(err) == core.NotFound {
		return added, core.E(core.Conflict, "There are as many webhooks as there may be. Remove one that is not used.").Because("too_many_webhooks")
	}
	return added, err
}

// whose limits a statement to the endpoints of a tenant; those of everybody are the operators' to see.
const whose = ` AND ($2::uuid IS NULL OR w.tenant_id = $2)`

// Webhook finds an endpoint; a zero tenant means any.
func (s *Store) Webhook(ctx context.Context, tenant, id core.ID) (core.Webhook, error) {
	return webhookOf(s.cold.QueryRow(ctx, `SELECT `+webhookColumns+` FROM webhooks w WHERE w.id = $1`+whose, described, uuid(id), nullable(tenant)), "find a webhook")
}

// Webhooks lists the endpoints of a tenant, or of everybody for a zero one, the oldest first.
func (s *Store) Webhooks(ctx context.Context, tenant core.ID) ([]core.Webhook, error) {
	return s.webhooks(ctx, `SELECT `+webhookColumns+` FROM webhooks w WHERE $1::uuid IS NULL OR w.tenant_id = $1 ORDER BY w.id`, nullable(tenant))
}

// EnabledWebhooks lists the endpoints that are sent events.
func (s *Store) EnabledWebhooks(ctx context.Context) ([]core.Webhook, error) {
	return s.webhooks(ctx, `SELECT `+webhookColumns+` FROM webhooks w WHERE w.disabled_at IS NULL ORDER BY w.id`)
}

func (s *Store) webhooks(ctx context.Context, query string, args ...any) (list []core.Webhook, err error) {
	rows, err := s.cold.Query(ctx, query, append([]any{described}, args...)...)
	if err != nil {
		return nil, failure("list webhooks", err)
	}
	defer rows.Close()
	for rows.Next() {
		var r webhookRow
		if err := rows.Scan(r.into()...); err != nil {
			return nil, failure("list webhooks", err)
		}
		list = append(list, r.webhook())
	}
	return list, failure("list webhooks", rows.Err())
}

const changeWebhook = `WITH was AS (SELECT * FROM webhooks w WHERE w.id = $1` + whose + ` AND ($10::int = 0 OR w.version = $10) FOR UPDATE),
w AS (
	UPDATE webhooks SET url = coalesce($3, webhooks.url), types = CASE WHEN $4 THEN $5::text[] ELSE webhooks.types END,
		version = webhooks.version + 1, updated_at = now(),
		disabled_at = CASE WHEN NOT $6 THEN webhooks.disabled_at WHEN $7 = '' THEN NULL ELSE coalesce(webhooks.disabled_at, now()) END,
		disabled_reason = CASE WHEN $6 THEN $7 ELSE webhooks.disabled_reason END,
		failing_since = CASE WHEN $6 THEN NULL ELSE webhooks.failing_since END
	FROM was WHERE webhooks.id = was.id RETURNING webhooks.*),
fresh AS (
	UPDATE event_parked SET attempts = 0, next_at = now() FROM w
	WHERE $6 AND $7 = '' AND consumer = '` + core.WebhookConsumers + `' || w.id AND dead_at IS NULL),
told AS (SELECT CASE WHEN $6 AND $7 = '' THEN 'WebhookEnabled' WHEN $6 THEN 'WebhookDisabled' ELSE 'WebhookChanged' END AS what,
	tenant_id, id, version, $8::uuid AS actor, $9::text AS traceparent, $11::text AS operator,
	CASE WHEN $6 AND $7 <> '' THEN jsonb_build_object('reason', $7::text) ELSE '{}' END AS data FROM w)` + webhookEvent + `
SELECT ` + webhookColumns + ` FROM w`

// ChangeWebhook changes an endpoint. Enabling it begins anew with what waits for it. A change that was made for another
// version than there is is a conflict.
func (s *Store) ChangeWebhook(ctx context.Context, tenant, id core.ID, c core.WebhookChange, by core.By) (core.Webhook, error) {
	var types []core.EventType
	if c.Types != nil {
		types = *c.Types
	}
	var off string
	if c.Off != nil {
		off = string(*c.Off)
	}
	w, err := webhookOf(s.cold.QueryRow(ctx, changeWebhook, described, uuid(id), nullable(tenant), c.URL, c.Types != nil, typeNames(types), c.Off != nil, off,
		nullable(by.UserID), by.Traceparent, c.Version, by.Operator), "change a webhook")
	if core.CodeOf(err) == core.NotFound && c.Version > 0 {
		if _, err := s.Webhook(ctx, tenant, id); err != nil {
			return w, err
		}
		return w, core.E(core.Conflict, "The webhook was changed since. Read it again, and change that.").Because("webhook_version")
	}
	return w, err
}

const rotateWebhook = `WITH w AS (
	UPDATE webhooks w SET previous_secret = w.secret, previous_sealed_by = w.sealed_by, previous_until = now() + $5::interval,
		secret = $3, sealed_by = $4, version = w.version + 1, updated_at = now()
	WHERE w.id = $1` + whose + ` RETURNING w.*),
told AS (SELECT 'WebhookRotated' AS what, tenant_id, id, version, $6::uuid AS actor, $7::text AS traceparent, $8::text AS operator,
	jsonb_build_object('previous_until', previous_until) AS data FROM w)` + webhookEvent + `
SELECT ` + webhookColumns + ` FROM w`

// RotateWebhook gives an endpoint a new secret. The one before signs too for a while.
func (s *Store) RotateWebhook(ctx context.Context, tenant, id core.ID, to core.SealedSecret, overlap time.Duration, by core.By) (core.Webhook, error) {
	return webhookOf(s.cold.QueryRow(ctx, rotateWebhook, described, uuid(id), nullable(tenant), to.Sealed, to.By, overlap, nullable(by.UserID), by.Traceparent, by.Operator), "rotate a webhook's secret")
}

const removeWebhook = `WITH w AS (DELETE FROM webhooks w WHERE w.id = $1` + whose + ` RETURNING w.*),
place AS (DELETE FROM event_consumers USING w WHERE name = '` + core.WebhookConsumers + `' || w.id),
told AS (SELECT 'WebhookRemoved' AS what, tenant_id, id, version + 1 AS version, $3::uuid AS actor, $4::text AS traceparent, $5::text AS operator, '{}'::jsonb AS data FROM w)` + webhookEvent + `
SELECT ` + webhookColumns + ` FROM w`

// RemoveWebhook forgets an endpoint with all that waits for it.
func (s *Store) RemoveWebhook(ctx context.Context, tenant, id core.ID, by core.By) error {
	_, err := webhookOf(s.cold.QueryRow(ctx, removeWebhook, described, uuid(id), nullable(tenant), nullable(by.UserID), by.Traceparent, by.Operator), "remove a webhook")
	return err
}
