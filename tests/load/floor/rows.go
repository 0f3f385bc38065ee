package floor

import (
	"crypto/rand"
	"encoding/hex"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/usher-id/usher/core"
)

// What is as long as the host's own, and means nothing.
const (
	traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	phc         = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$c3Vtc3Vtc3Vtc3Vtc3Vtc3Vtc3Vtc3Vtc3Vtc3Vtc3U"
	lifetime    = 72 * time.Hour
	longer      = 30 * 24 * time.Hour
)

const (
	addMembership = `INSERT INTO memberships (tenant_id, user_id, role, status) VALUES ($1, $2, $3, $4)`
	addToken      = `INSERT INTO tokens (id, version, purpose, key_id, hash, tenant_id, user_id, invitation_id, traceparent, expires_at)
VALUES ($1, 1, $2, 'k1', $3, $4, $5, $6, $7, now() + $8::interval)`
	addMessage = `INSERT INTO messages (id, kind, tenant_id, user_id, invitation_id, token_id, token_version, locale, traceparent)
VALUES ($1, $2, $3, $4, $5, $6, 1, 'en', $7)`
	addJob = `INSERT INTO river_job (args, kind, metadata, queue)
VALUES (jsonb_build_object('message_id', $1::uuid), $2, jsonb_build_object('traceparent', $3::text), $4)`
	addEvent = `INSERT INTO events (type, tenant_id, aggregate_type, aggregate_id, aggregate_version, actor_id, traceparent, data)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8::jsonb)`
	addSession = `INSERT INTO sessions (id, user_id, tenant_id, expires_at) VALUES ($1, $2, $3, now() + $4::interval)`
	spendToken = `UPDATE tokens SET consumed_at = now() WHERE id = $1 AND version = 1`
)

func newID() core.ID { return core.NewID(time.Now()) }

// send queues a message and its job.
func send(b *pgx.Batch, kind core.MessageKind, tenant string, user, invitation any, token core.ID) {
	message := newID()
	b.Queue(addMessage, message, string(kind), tenant, user, invitation, token, traceparent)
	b.Queue(addJob, message, core.MailJobKind, traceparent, core.MailJobQueue)
}

func signup(b *pgx.Batch, in *body) Refs {
	tenant, user, token := newID().String(), newID().String(), newID()
	hash := make([]byte, 32)
	_, _ = rand.Read(hash) // never fails (crypto/rand)
	slug := strings.ReplaceAll(strings.ToLower(in.OrganizationName), " ", "-")
	b.Queue(`INSERT INTO users (id, email, email_key, display_name, locale, status) VALUES ($1, $2, $2, $3, 'en', 'pending')`,
		user, in.Email, in.DisplayName)
	b.Queue(`INSERT INTO tenants (id, slug, name, status, metadata) VALUES ($1, $2, $3, 'pending', '{}')`, tenant, slug, in.OrganizationName)
	b.Queue(addMembership, tenant, user, "owner", "pending")
	b.Queue(addToken, token, "owner_verification", hash, tenant, user, nil, traceparent, lifetime)
	send(b, core.MessageOwnerVerification, tenant, user, nil, token)
	signupID := newID()
	b.Queue(addEvent, "SignupStarted", tenant, "signup", signupID, 1, nil, traceparent, `{}`)
	b.Queue(addEvent, "TenantProvisioned", tenant, "tenant", tenant, 1, user, traceparent,
		`{"name": "`+in.OrganizationName+`", "slug": "`+slug+`", "owner_id": "`+user+`", "signup_id": "`+signupID.String()+`"}`)
	return Refs{Tenant: tenant, Owner: user, Token: token.String(), Hash: hex.EncodeToString(hash)}
}

func verify(b *pgx.Batch, in *body) Refs {
	b.Queue(spendToken, in.Token)
	b.Queue(`UPDATE users SET version = version + 1, status = 'active', mailbox_proved_at = now(), password_hash = $2, display_name = $3
WHERE id = $1`, in.Owner, hashOf(in), in.DisplayName)
	b.Queue(`UPDATE memberships SET status = 'active' WHERE tenant_id = $1 AND user_id = $2`, in.Tenant, in.Owner)
	b.Queue(`UPDATE tenants SET status = 'active', activated_at = now(), version = version + 1 WHERE id = $1`, in.Tenant)
	b.Queue(addEvent, "OwnerVerified", in.Tenant, "tenant", in.Tenant, 2, in.Owner, traceparent, `{}`)
	open(b, in.Tenant, in.Owner, "owner_verification")
	return Refs{}
}

func invite(b *pgx.Batch, in *body) Refs {
	invitation, token := newID().String(), newID()
	hash := make([]byte, 32)
	_, _ = rand.Read(hash) // never fails (crypto/rand)
	b.Queue(`INSERT INTO invitations (id, tenant_id, email, email_key, role, status, locale, metadata, invited_by, life, expires_at)
VALUES ($1, $2, $3, $3, 'member', 'pending', 'en', '{}', $4, $5::interval, now() + $5::interval)`, invitation, in.Tenant, in.Email, in.Owner, lifetime)
	b.Queue(addToken, token, "invitation", hash, in.Tenant, nil, invitation, traceparent, lifetime)
	send(b, core.MessageInvitation, in.Tenant, nil, invitation, token)
	b.Queue(addEvent, "InvitationCreated", in.Tenant, "invitation", invitation, 1, in.Owner, traceparent,
		`{"role": "member", "expires_at": "`+time.Now().Add(lifetime).Format(time.RFC3339Nano)+`"}`)
	return Refs{Invitation: invitation, Token: token.String(), Hash: hex.EncodeToString(hash)}
}

func activate(b *pgx.Batch, in *body) Refs {
	user := newID().String()
	b.Queue(spendToken, in.Token)
	b.Queue(`INSERT INTO users (id, email, email_key, display_name, locale, status, password_hash, mailbox_proved_at, version)
VALUES ($1, $2, $2, $3, 'en', 'active', $4, now(), 1)`, user, in.Email, in.DisplayName, hashOf(in))
	b.Queue(addMembership, in.Tenant, user, "member", "active")
	b.Queue(`UPDATE invitations SET status = 'accepted', accepted_at = now(), accepted_by = $2, version = version + 1 WHERE id = $1`,
		in.Invitation, user)
	b.Queue(addEvent, "InvitationAccepted", in.Tenant, "invitation", in.Invitation, 2, user, traceparent, `{}`)
	open(b, in.Tenant, user, "invitation")
	return Refs{}
}

// open queues what both activations end with: the session and the events.
func open(b *pgx.Batch, tenant, user, purpose string) {
	session := newID()
	b.Queue(addSession, session, user, tenant, longer)
	b.Queue(addEvent, "ActivationCompleted", tenant, "user", user, 1, user, traceparent,
		`{"purpose": "`+purpose+`", "session_id": "`+session.String()+`"}`)
	b.Queue(addEvent, "SessionStarted", tenant, "session", session, 1, user, traceparent, `{}`)
}

// hashOf is as long as a password's hash when the request has a password; nothing is hashed.
func hashOf(in *body) any {
	if in.Password == "" {
		return nil
	}
	return phc
}
