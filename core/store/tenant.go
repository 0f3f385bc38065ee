package store

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/usher-id/usher/core"
)

const tenantColumns = `t.id, t.slug, t.name, t.status, t.logo_url, t.colour, t.support_url, t.version, t.created_at`

const findTenantSQL = `SELECT ` + tenantColumns + ` FROM tenants t WHERE t.id = $1`

// FindTenant gives a tenant to whoever may see every one.
func (s *Store) FindTenant(ctx context.Context, id core.ID) (core.Tenant, error) {
	t, err := scanTenant(s.hot.QueryRow(ctx, findTenantSQL, uuid(id)))
	if errors.Is(err, pgx.ErrNoRows) {
		return t, core.E(core.NotFound, "There is no such tenant.").Because("unknown_tenant")
	}
	return t, failure("find a tenant", err)
}

const readTenantSQL = actor + `
SELECT ` + rightsColumns + `, ` + tenantColumns + ` FROM (SELECT) one LEFT JOIN tenants t ON t.id = $1 AND EXISTS (TABLE allowed)`

// ReadTenant gives the actor's tenant, if the actor may manage it.
func (s *Store) ReadTenant(ctx context.Context, a core.Actor, id core.ID) (core.Tenant, error) {
	var r rights
	t, err := scanTenant(s.hot.QueryRow(ctx, readTenantSQL, uuid(id), uuid(a.UserID), uuid(a.SessionID)), &r.session, &r.role, &r.tenant)
	if err != nil {
		return core.Tenant{}, failure("read a tenant", err)
	}
	return t, r.refusal()
}

// A change that changes nothing makes no version and no event. The event has what is new.
const changeTenantSQL = actor + `,
before AS MATERIALIZED (
	SELECT * FROM tenants WHERE id = $1 AND EXISTS (TABLE allowed) FOR UPDATE),
changed AS (
	UPDATE tenants t SET name = coalesce($4, b.name), logo_url = coalesce($5, b.logo_url), colour = coalesce($6, b.colour),
		support_url = coalesce($7, b.support_url), version = b.version + 1
	FROM before b
	WHERE t.id = b.id AND $8 IN (0, b.version) AND
		(coalesce($4, b.name), coalesce($5, b.logo_url), coalesce($6, b.colour), coalesce($7, b.support_url)) <> (b.name, b.logo_url, b.colour, b.support_url)
	RETURNING t.*),
event AS (
	INSERT INTO events (type, tenant_id, aggregate_type, aggregate_id, aggregate_version, actor_id, traceparent, data)
	SELECT 'TenantChanged', c.id, 'tenant', c.id, c.version, $2, $9, jsonb_strip_nulls(jsonb_build_object(
		'name', nullif(c.name, b.name), 'logo_url', nullif(c.logo_url, b.logo_url), 'colour', nullif(c.colour, b.colour),
		'support_url', nullif(c.support_url, b.support_url)))
	FROM changed c JOIN before b ON b.id = c.id)
SELECT ` + rightsColumns + `, (SELECT version FROM before), ` + tenantColumns + `
FROM (SELECT) one LEFT JOIN (TABLE changed UNION ALL SELECT * FROM before WHERE NOT EXISTS (TABLE changed)) t ON true`

// ChangeTenant changes the actor's tenant and gives it as it is then. One that was made for a
// version that is no longer there is [core.Conflict].
func (s *Store) ChangeTenant(ctx context.Context, a core.Actor, id core.ID, c core.TenantChange, traceparent string) (core.Tenant, error) {
	var r rights
	var version pgtype.Int4
	row := s.hot.QueryRow(ctx, changeTenantSQL, uuid(id), uuid(a.UserID), uuid(a.SessionID), c.Name, c.LogoURL, c.Colour, c.SupportURL, c.Version, traceparent)
	t, err := scanTenant(row, &r.session, &r.role, &r.tenant, &version)
	switch {
	case err != nil:
		return core.Tenant{}, failure("change a tenant", err)
	case r.refusal() != nil:
		return core.Tenant{}, r.refusal()
	case c.Version != 0 && c.Version != int(version.Int32):
		return core.Tenant{}, core.E(core.Conflict, "The tenant was changed since it was read. Read it again, and decide anew.").Because("stale_version")
	}
	return t, nil
}

// scanTenant reads a tenant, or nothing where there is none, and what stands before it.
func scanTenant(row pgx.Row, before ...any) (t core.Tenant, err error) {
	var id pgtype.UUID
	var slug, name, status, logo, colour, support pgtype.Text
	var version pgtype.Int4
	var created pgtype.Timestamptz
	if err := row.Scan(append(before, &id, &slug, &name, &status, &logo, &colour, &support, &version, &created)...); err != nil {
		return core.Tenant{}, err
	}
	t = core.Tenant{
		ID: id.Bytes, Slug: slug.String, Name: name.String, Status: core.TenantStatus(status.String), Version: int(version.Int32),
		Branding: core.Branding{LogoURL: logo.String, Colour: colour.String, SupportURL: support.String},
	}
	if created.Valid {
		t.CreatedAt = created.Time.In(time.UTC)
	}
	return t, nil
}
