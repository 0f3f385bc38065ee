package store

import (
	"context"
	"errors"

	"github.com/usher-id/usher/core"
)

// One signup is one statement. An address without an account, or with one that
// nobody has proved yet, gets a tenant of its own; an address that has an account gets
// a notice. Both write a message, a job and an event, so that neither the answer nor
// its time tells them apart. A slug that an active tenant has changes nothing at all, whatever the
// address; one that another pending tenant hopes for is nobody's yet. Where there is a person
// there is a tenant, so no part asks for both: each join would cost as much as a row.
const provision = `WITH taken AS (
	SELECT FROM tenants WHERE slug = $3 AND status <> 'pending'),
person AS (
	INSERT INTO users (id, email, email_key, display_name, locale, status)
	SELECT $4, $5, $6, $7, $8, 'pending' WHERE NOT EXISTS (TABLE taken)
	ON CONFLICT (email_key) DO UPDATE SET email_key = EXCLUDED.email_key WHERE users.status = 'pending'
	RETURNING id),
known AS (
	SELECT id FROM users WHERE email_key = $6 AND status <> 'pending' AND NOT EXISTS (TABLE taken)),
tenant AS (
	INSERT INTO tenants (id, slug, name, status, metadata, plugin_release, synthetic)
	SELECT $2, $3, $9, 'pending', $10::jsonb, $19, $20 FROM person),
membership AS (
	INSERT INTO memberships (tenant_id, user_id, role, status)
	SELECT $2, id, 'owner', 'pending' FROM person),
token AS (
	INSERT INTO tokens (id, version, purpose, key_id, hash, tenant_id, user_id, redirect_url, traceparent, expires_at)
	SELECT $11, 1, 'owner_verification', $12, $13, $2, id, $14, $15, now() + $16::interval FROM person),
message AS (
	INSERT INTO messages (id, kind, tenant_id, user_id, token_id, token_version, locale, traceparent)
	SELECT $17::uuid, 'owner_verification', $2::uuid, id, $11::uuid, 1, $8, $15 FROM person
	UNION ALL
	SELECT $17::uuid, 'existing_account', NULL, id, NULL, NULL, $8, $15 FROM known
	RETURNING id, tenant_id),
event AS (
	INSERT INTO events (type, tenant_id, aggregate_type, aggregate_id, aggregate_version, actor_id, traceparent, data)
	SELECT 'SignupStarted', tenant_id, 'signup', $1::uuid, 1, NULL::uuid, $15, '{}'::jsonb FROM message
	UNION ALL
	SELECT 'TenantProvisioned', $2, 'tenant', $2, 1, id, $15,
		jsonb_build_object('signup_id', $1::uuid, 'slug', $3::text, 'name', $9::text, 'owner_id', id) FROM person),
`

const provisioned = `
SELECT EXISTS (TABLE taken), EXISTS (TABLE person), EXISTS (TABLE known)`

var (
	provisionSQL      = provision + mailJob("$18", core.MailPrioritySingle) + provisioned
	provisionClaimSQL = provision + mailJob("$18", core.MailPrioritySingle) + `, claim AS (
	INSERT INTO idempotency_keys (scope, route, key, request_hash, result)
	SELECT $21, $22, $23, $24, jsonb_build_object('signup_id', $1::uuid) FROM message)` + provisioned
)

// Provision commits a signup: user, tenant, membership, token, message, job and
// events, or for a known address the notice alone. A slug that is taken is
// [core.Conflict] with reason slug_taken and changes nothing. A repeated
// idempotency key gives the first call's answer.
func (s *Store) Provision(ctx context.Context, p core.Provision) (core.Provisioned, error) {
	sql := provisionSQL
	args := []any{
		uuid(p.SignupID), uuid(p.Tenant.ID), p.Tenant.Slug, uuid(p.Owner.ID), p.Address.Email, p.Address.Key,
		p.Owner.DisplayName, p.Owner.Locale, p.Tenant.Name, jsonMap(p.Tenant.Metadata),
		uuid(p.Token.ID), p.Token.KeyID, p.Token.Hash[:], p.RedirectURL, p.Traceparent, p.Token.TTL,
		uuid(p.MessageID), jobMetadata(p.Traceparent), p.Release, p.Synthetic,
	}
	if p.Idempotency.Given() {
		sql = provisionClaimSQL
		args = append(args, claimArgs(p.Idempotency)...)
	}
	for range 2 { // a second time when the address became known between snapshot and insert
		var taken, person, known bool
		err := s.hot.QueryRow(ctx, sql, args...).Scan(&taken, &person, &known)
		switch {
		case violates(err, "idempotency_keys_pkey"), taken:
			return s.replayProvision(ctx, p, core.E(core.Conflict, "This slug is taken.").Because("slug_taken"))
		case err != nil:
			return core.Provisioned{}, failure("provision", inFlight(p.Idempotency, err))
		case person || known:
			return core.Provisioned{SignupID: p.SignupID, Known: known && !person}, nil
		}
	}
	return core.Provisioned{}, failure("provision", errors.New("the address changed twice meanwhile"))
}

// replayProvision gives the answer of the first call with this key. Without one the
// conflict was somebody else's.
func (s *Store) replayProvision(ctx context.Context, p core.Provision, conflict error) (core.Provisioned, error) {
	var result struct {
		SignupID core.ID `json:"signup_id"`
	}
	found, err := s.replay(ctx, p.Idempotency, &result)
	switch {
	case err != nil:
		return core.Provisioned{}, err
	case !found:
		return core.Provisioned{}, conflict
	}
	return core.Provisioned{SignupID: result.SignupID, Replayed: true}, nil
}
