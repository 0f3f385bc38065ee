package store

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/usher-id/usher/core"
)

const provisionedTenant = `SELECT t.slug, t.name, t.metadata, t.created_at, t.plugin_release, u.id, u.locale
FROM tenants t JOIN memberships m ON m.tenant_id = t.id AND m.role = 'owner' JOIN users u ON u.id = m.user_id
WHERE t.id = $1`

// ProvisionedTenant gives what a plugin at tenant.provision is shown of a tenant.
// [core.NotFound] when there is no such tenant any more.
func (s *Store) ProvisionedTenant(ctx context.Context, tenant core.ID) (p core.TenantProvisioning, err error) {
	var created pgtype.Timestamptz
	err = s.job.QueryRow(ctx, provisionedTenant, uuid(tenant)).
		Scan(&p.Slug, &p.Name, &p.Metadata, &created, &p.Release, into(&p.OwnerID), &p.Locale)
	if errors.Is(err, pgx.ErrNoRows) {
		return p, core.E(core.NotFound, "There is no such tenant.")
	}
	p.TenantID, p.CreatedAt = tenant, maybe(created)
	return p, failure("read a tenant", err)
}

// keepReferences changes nothing, and writes no event, when they are kept already.
const keepReferences = `WITH changed AS (
	UPDATE tenants SET version = version + 1, external_references = external_references || jsonb_build_object($2::text, $3::jsonb)
	WHERE id = $1 AND external_references -> $2 IS DISTINCT FROM $3::jsonb
	RETURNING id, version)
INSERT INTO events (type, tenant_id, aggregate_type, aggregate_id, aggregate_version, traceparent, data)
SELECT 'TenantReferencesChanged', id, 'tenant', id, version, $4, jsonb_build_object('plugin', $2::text, 'references', $3::jsonb) FROM changed`

// KeepReferences keeps with a tenant what a plugin made for it elsewhere, in the place of
// what the same plugin kept before.
func (s *Store) KeepReferences(ctx context.Context, tenant core.ID, plugin string, references map[string]string, traceparent string) error {
	_, err := s.job.Exec(ctx, keepReferences, uuid(tenant), plugin, jsonMap(references), traceparent)
	return failure("keep a tenant's references", err)
}
