package store

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/usher-id/usher/core"
)

// usable is the rule of single use, asked again in the statement that spends:
// two clicks at once both try this UPDATE and one finds no row.
const usable = `k.id = $1 AND k.version = $2 AND k.hash = $3
	AND k.consumed_at IS NULL AND k.revoked_at IS NULL AND k.superseded_at IS NULL AND k.expires_at > now()`

// pending is i.status = 'pending' in words that the index of pending invitations does not
// answer to. While few are pending that index looks cheaper than the primary key,
// and then each look-up walks through all that became pending since.
const pending = `i.status NOT IN ('accepted', 'revoked', 'expired')`

// spendInvitation accepts an invitation and makes its account active: a new one, one
// that nobody had proved, or the one ($4) that proved itself just now. Should the account
// have become somebody's meanwhile, person is empty, the membership's user NULL, and
// the constraint undoes everything. verdicts is the parameter that has what plugins said.
func spendInvitation(verdicts string) string {
	return `WITH spent AS (
	UPDATE tokens k SET consumed_at = now()
	FROM invitations i JOIN tenants t ON t.id = i.tenant_id
	JOIN memberships inviter ON inviter.tenant_id = i.tenant_id AND inviter.user_id = i.invited_by
	WHERE ` + usable + ` AND k.purpose = 'invitation' AND i.id = k.invitation_id AND ` + pending + ` AND t.status = 'active'
		AND inviter.status = 'active' AND inviter.role IN ('owner', 'admin')
	RETURNING i.id AS invitation_id, i.tenant_id, i.email, i.email_key, i.role, i.version, k.redirect_url),
person AS (
	INSERT INTO users (id, email, email_key, display_name, locale, status, password_hash, mailbox_proved_at, version)
	SELECT $5, email, email_key, $6, $7, 'active', NULLIF($8, ''), now(), 1 FROM spent
	ON CONFLICT (email_key) DO UPDATE SET version = users.version + 1, status = 'active', mailbox_proved_at = now(),
		password_hash = CASE WHEN users.status = 'pending' THEN EXCLUDED.password_hash ELSE users.password_hash END,
		display_name = CASE WHEN users.display_name = '' OR users.status = 'pending' THEN EXCLUDED.display_name ELSE users.display_name END,
		locale = CASE WHEN users.locale = '' OR users.status = 'pending' THEN EXCLUDED.locale ELSE users.locale END
	WHERE users.status = 'pending' OR (users.status = 'active' AND users.id = $4)
	RETURNING id, email, display_name, locale, version, created_at),
membership AS (
	INSERT INTO memberships (tenant_id, user_id, role, status)
	SELECT tenant_id, (SELECT id FROM person), role, 'active' FROM spent
	ON CONFLICT (tenant_id, user_id) DO UPDATE SET status = 'active'
	RETURNING role, created_at),
accepted AS (
	UPDATE invitations SET status = 'accepted', accepted_at = now(), accepted_by = person.id, version = invitations.version + 1, activated_by = ` + verdicts + `::jsonb
	FROM spent, person WHERE invitations.id = spent.invitation_id
	RETURNING invitations.id, invitations.version),
change AS (
	SELECT 'InvitationAccepted' AS type, 'invitation' AS aggregate, accepted.id, accepted.version FROM accepted),
`
}

// spendVerification proves the owner's address: the tenant and its owner become active, and
// the slug is the tenant's, with a suffix where another tenant was faster.
const spendVerification = `WITH spent AS (
	UPDATE tokens k SET consumed_at = now()
	FROM tenants t
	WHERE ` + usable + ` AND k.purpose = 'owner_verification' AND t.id = k.tenant_id AND t.status = 'pending'
	RETURNING k.tenant_id, k.user_id, k.redirect_url),
person AS (
	UPDATE users SET version = users.version + 1, status = 'active', mailbox_proved_at = now(),
		password_hash = CASE WHEN users.status = 'pending' THEN NULLIF($8, '') ELSE users.password_hash END,
		display_name = CASE WHEN users.status = 'pending' AND $6 <> '' THEN $6 ELSE users.display_name END,
		locale = CASE WHEN users.status = 'pending' AND $7 <> '' THEN $7 ELSE users.locale END
	FROM spent WHERE users.id = spent.user_id AND (users.status = 'pending' OR (users.status = 'active' AND users.id = $4))
	RETURNING users.id, email, display_name, locale, users.version, users.created_at),
membership AS (
	INSERT INTO memberships (tenant_id, user_id, role, status)
	SELECT tenant_id, (SELECT id FROM person WHERE $5::uuid IS NOT NULL), 'owner', 'active' FROM spent
	ON CONFLICT (tenant_id, user_id) DO UPDATE SET status = 'active'
	RETURNING role, created_at),
tenant AS (
	UPDATE tenants SET status = 'active', activated_at = now(), version = tenants.version + 1,
		slug = CASE WHEN EXISTS (SELECT FROM tenants o WHERE o.slug = tenants.slug AND o.status <> 'pending')
			THEN left(tenants.slug, 41) || '-' || left(md5($9::uuid::text), 6) ELSE tenants.slug END
	FROM spent WHERE tenants.id = spent.tenant_id
	RETURNING tenants.id, tenants.version, tenants.slug),
change AS (
	SELECT 'OwnerVerified' AS type, 'tenant' AS aggregate, tenant.id, tenant.version FROM tenant),
`

// spentTail is what every activation writes besides.
const spentTail = `session AS (
	INSERT INTO sessions (id, user_id, tenant_id, expires_at)
	SELECT $9, person.id, spent.tenant_id, now() + $10::interval FROM person, spent
	RETURNING id),
event AS (
	INSERT INTO events (type, tenant_id, aggregate_type, aggregate_id, aggregate_version, actor_id, traceparent, data)
	SELECT change.type, spent.tenant_id, change.aggregate, change.id, change.version, person.id, $11, '{}'::jsonb FROM change, person, spent
	UNION ALL
	SELECT 'ActivationCompleted', spent.tenant_id, 'user', person.id, person.version, person.id, $11,
		jsonb_build_object('purpose', $12::text, 'session_id', $9::uuid) FROM person, spent
	UNION ALL
	SELECT 'SessionStarted', spent.tenant_id, 'session', session.id, 1, person.id, $11, '{}'::jsonb FROM session, person, spent)`

const spentClaim = `, claim AS (
	INSERT INTO idempotency_keys (scope, route, key, request_hash, result)
	SELECT $13, $14, $15, $16, jsonb_build_object('user_id', person.id, 'tenant_id', spent.tenant_id, 'session_id', $9::uuid, 'redirect_url', spent.redirect_url)
	FROM person, spent)`

// spentColumns reads the rows as they were before, but for the slug that is given.
func spentColumns(slug string) string {
	return `
SELECT p.id, p.email, p.display_name, p.locale, p.created_at, s.tenant_id, s.redirect_url, m.role, m.created_at,
	` + slug + `, t.name, t.created_at
FROM spent s JOIN person p ON true JOIN membership m ON true JOIN tenants t ON t.id = s.tenant_id`
}

var (
	invitationColumns   = spentColumns("t.slug")
	verificationColumns = spentColumns("(SELECT slug FROM tenant)")

	spendInvitationSQL        = spendInvitation("$13") + spentTail + invitationColumns
	spendInvitationClaimSQL   = spendInvitation("$17") + spentTail + spentClaim + invitationColumns
	spendVerificationSQL      = spendVerification + spentTail + verificationColumns
	spendVerificationClaimSQL = spendVerification + spentTail + spentClaim + verificationColumns
)

// Activate spends a token in the commit that activates: the account, its
// membership, the invitation or the tenant, a session and the events, or nothing at all.
// ok is false when the token may not be spent (any more).
func (s *Store) Activate(ctx context.Context, p core.Activate) (done core.Activated, ok bool, err error) {
	sql, claimed := spendInvitationSQL, spendInvitationClaimSQL
	if p.Purpose == core.PurposeOwnerVerification {
		sql, claimed = spendVerificationSQL, spendVerificationClaimSQL
	}
	args := []any{
		uuid(p.Token.ID), p.Token.Version, p.Hash[:], nullable(p.KnownUserID), uuid(p.NewUserID), p.Profile.DisplayName, p.Profile.Locale,
		p.PasswordHash, uuid(p.Session.ID), p.Session.TTL, p.Traceparent, string(p.Purpose),
	}
	if p.Idempotency.Given() {
		sql, args = claimed, append(args, claimArgs(p.Idempotency)...)
	}
	if p.Purpose != core.PurposeOwnerVerification {
		args = append(args, verdicts(p.Verdicts))
	}
	done.Purpose, done.SessionID, done.Generation = p.Purpose, p.Session.ID, 1
	err = scanActivated(s.hot.QueryRow(ctx, sql, args...), &done)
	if violates(err, "tenants_slug_key") { // two owners verified one slug at once: this one sees the other now
		err = scanActivated(s.hot.QueryRow(ctx, sql, args...), &done)
	}
	switch {
	case errors.Is(err, pgx.ErrNoRows), violates(err, "idempotency_keys_pkey"):
		return done, false, nil
	case accountChanged(err):
		return done, false, core.E(core.Conflict, "The account of this address changed meanwhile. Open the link again.").Because("account_changed")
	case err != nil:
		return done, false, failure("activate", inFlight(p.Idempotency, err))
	}
	return done, true, nil
}

func scanActivated(row pgx.Row, done *core.Activated) error {
	var user, joined, tenant pgtype.Timestamptz
	var role string
	err := row.Scan(into(&done.User.ID), &done.User.Email, &done.User.DisplayName, &done.User.Locale, &user,
		into(&done.Tenant.ID), &done.RedirectURL, &role, &joined, &done.Tenant.Slug, &done.Tenant.Name, &tenant)
	if err != nil {
		return err
	}
	done.User.Status, done.User.CreatedAt = core.UserActive, maybe(user)
	done.Tenant.Status, done.Tenant.CreatedAt = core.TenantActive, maybe(tenant)
	done.Membership = membership(done.User.ID, done.Tenant, role, joined)
	return nil
}

func membership(user core.ID, t core.Tenant, role string, since pgtype.Timestamptz) core.Membership {
	return core.Membership{
		TenantID: t.ID, UserID: user, Role: core.Role(role), CreatedAt: maybe(since),
		Tenant: core.TenantRef{ID: t.ID, Name: t.Name, Slug: t.Slug},
	}
}

// accountChanged recognises the constraint that undoes an activation whose account
// is no longer the one that was asked for its proof.
func accountChanged(err error) bool {
	const notNullViolation = "23502"
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pg.Code == notNullViolation && pg.TableName == "memberships" && pg.ColumnName == "user_id"
}
