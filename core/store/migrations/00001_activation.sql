-- The rows of activation. Constraints and indexes are named: the store tells
-- errors apart by these names. Expand and contract only: a column or a name that
-- a released binary uses is never changed or dropped in the same release.

-- +goose Up

-- Ids made here sort by time like those made by the host: UUID version 7 (RFC 9562 §5.7).
-- +goose StatementBegin
CREATE FUNCTION uuid_v7() RETURNS uuid LANGUAGE sql VOLATILE AS $$
    SELECT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
        PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid
$$;
-- +goose StatementEnd

CREATE TABLE tenants (
    id              uuid PRIMARY KEY,
    slug            text NOT NULL,
    name            text NOT NULL,
    status          text NOT NULL CONSTRAINT tenants_status_check CHECK (status IN ('pending', 'active', 'suspended')),
    metadata        jsonb NOT NULL DEFAULT '{}',
    version         integer NOT NULL DEFAULT 1,
    created_at      timestamptz NOT NULL DEFAULT now(),
    activated_at    timestamptz
);
-- A slug is claimed when its owner has proved the address, not before: a signup that
-- nobody verifies holds no name, and a name that is free tells nothing about who signed up.
CREATE UNIQUE INDEX tenants_slug_key ON tenants (slug) WHERE status <> 'pending';

-- One person over all tenants, found by email_key. password_hash is a PHC string
-- or NULL for an account that signs in by link only.
CREATE TABLE users (
    id                 uuid PRIMARY KEY,
    email              text NOT NULL,
    email_key          text NOT NULL CONSTRAINT users_email_key UNIQUE,
    display_name       text NOT NULL DEFAULT '',
    locale             text NOT NULL DEFAULT '',
    status             text NOT NULL CONSTRAINT users_status_check CHECK (status IN ('pending', 'active', 'disabled')),
    password_hash      text,
    mailbox_proved_at  timestamptz,
    version            integer NOT NULL DEFAULT 0,
    created_at         timestamptz NOT NULL DEFAULT now(),
    -- A pending user has proved nothing, so it may not hold a credential.
    CONSTRAINT users_pending_without_password CHECK (status <> 'pending' OR password_hash IS NULL)
);

CREATE TABLE memberships (
    tenant_id   uuid NOT NULL CONSTRAINT memberships_tenant_fkey REFERENCES tenants (id),
    user_id     uuid NOT NULL CONSTRAINT memberships_user_fkey REFERENCES users (id),
    role        text NOT NULL CONSTRAINT memberships_role_check CHECK (role IN ('owner', 'admin', 'member')),
    status      text NOT NULL CONSTRAINT memberships_status_check CHECK (status IN ('pending', 'active')),
    created_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT memberships_pkey PRIMARY KEY (tenant_id, user_id)
);
CREATE UNIQUE INDEX memberships_one_owner ON memberships (tenant_id) WHERE role = 'owner';
CREATE INDEX memberships_user_idx ON memberships (user_id);

CREATE TABLE invitations (
    id             uuid PRIMARY KEY,
    tenant_id      uuid NOT NULL CONSTRAINT invitations_tenant_fkey REFERENCES tenants (id),
    email          text NOT NULL,
    email_key      text NOT NULL,
    role           text NOT NULL CONSTRAINT invitations_role_check CHECK (role IN ('admin', 'member')),
    status         text NOT NULL CONSTRAINT invitations_status_check CHECK (status IN ('pending', 'accepted', 'revoked', 'expired')),
    locale         text NOT NULL DEFAULT '',
    metadata       jsonb NOT NULL DEFAULT '{}',
    redirect_url   text NOT NULL DEFAULT '',
    invited_by     uuid NOT NULL CONSTRAINT invitations_inviter_fkey REFERENCES users (id),
    token_version  integer NOT NULL DEFAULT 1,
    version        integer NOT NULL DEFAULT 1,
    life           interval NOT NULL,
    expires_at     timestamptz NOT NULL,
    created_at     timestamptz NOT NULL DEFAULT now(),
    accepted_at    timestamptz,
    accepted_by    uuid CONSTRAINT invitations_acceptor_fkey REFERENCES users (id),
    revoked_at     timestamptz
);
CREATE UNIQUE INDEX invitations_pending_key ON invitations (tenant_id, email_key) WHERE status = 'pending';
CREATE INDEX invitations_tenant_idx ON invitations (tenant_id, id);

-- A token is derived from (purpose, id, version) with a key that is not here; the
-- row has its hash only. Single use is consumed_at, set by one conditional UPDATE.
CREATE TABLE tokens (
    id             uuid NOT NULL,
    version        integer NOT NULL,
    purpose        text NOT NULL CONSTRAINT tokens_purpose_check CHECK (purpose IN ('owner_verification', 'invitation', 'password_reset', 'sign_in')),
    key_id         text NOT NULL,
    hash           bytea NOT NULL CONSTRAINT tokens_hash_key UNIQUE,
    tenant_id      uuid CONSTRAINT tokens_tenant_fkey REFERENCES tenants (id),
    user_id        uuid CONSTRAINT tokens_user_fkey REFERENCES users (id),
    invitation_id  uuid CONSTRAINT tokens_invitation_fkey REFERENCES invitations (id),
    redirect_url   text NOT NULL DEFAULT '',
    traceparent    text NOT NULL DEFAULT '',
    expires_at     timestamptz NOT NULL,
    consumed_at    timestamptz,
    revoked_at     timestamptz,
    superseded_at  timestamptz,
    created_at     timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT tokens_pkey PRIMARY KEY (id, version),
    CONSTRAINT tokens_subject_check CHECK (num_nonnulls(user_id, invitation_id) = 1)
);
CREATE INDEX tokens_user_idx ON tokens (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX tokens_invitation_idx ON tokens (invitation_id) WHERE invitation_id IS NOT NULL;

-- One row per mail. The link is not here: it is derived when the mail is sent.
CREATE TABLE messages (
    id             uuid PRIMARY KEY,
    kind           text NOT NULL,
    tenant_id      uuid CONSTRAINT messages_tenant_fkey REFERENCES tenants (id),
    user_id        uuid CONSTRAINT messages_user_fkey REFERENCES users (id),
    invitation_id  uuid CONSTRAINT messages_invitation_fkey REFERENCES invitations (id),
    token_id       uuid,
    token_version  integer,
    locale         text NOT NULL DEFAULT '',
    status         text NOT NULL DEFAULT 'pending' CONSTRAINT messages_status_check CHECK (status IN ('pending', 'sent', 'failed', 'skipped')),
    provider       text NOT NULL DEFAULT '',
    reason         text NOT NULL DEFAULT '',
    attempts       integer NOT NULL DEFAULT 0,
    traceparent    text NOT NULL DEFAULT '',
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz
) WITH (fillfactor = 85);
CREATE INDEX messages_invitation_idx ON messages (invitation_id) WHERE invitation_id IS NOT NULL;

-- The outbox. Readers order by (xid, position) and stop before the oldest running
-- transaction, so that no event can appear behind one that was read already.
CREATE TABLE events (
    position           bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT events_pkey PRIMARY KEY,
    xid                xid8 NOT NULL DEFAULT pg_current_xact_id(),
    id                 uuid NOT NULL DEFAULT uuid_v7(),
    type               text NOT NULL,
    tenant_id          uuid,
    aggregate_type     text NOT NULL,
    aggregate_id       uuid NOT NULL,
    aggregate_version  integer NOT NULL,
    actor_id           uuid,
    time               timestamptz NOT NULL DEFAULT now(),
    traceparent        text NOT NULL DEFAULT '',
    data               jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT events_aggregate_key UNIQUE (aggregate_id, aggregate_version)
);
CREATE INDEX events_tenant_idx ON events (tenant_id, xid, position);

-- A refresh token is derived from (session, generation): rotation is a counter, and
-- an old generation coming back is reuse.
CREATE TABLE sessions (
    id             uuid PRIMARY KEY,
    user_id        uuid NOT NULL CONSTRAINT sessions_user_fkey REFERENCES users (id),
    tenant_id      uuid CONSTRAINT sessions_tenant_fkey REFERENCES tenants (id),
    generation     integer NOT NULL DEFAULT 1,
    version        integer NOT NULL DEFAULT 1,
    created_at     timestamptz NOT NULL DEFAULT now(),
    refreshed_at   timestamptz,
    expires_at     timestamptz NOT NULL,
    revoked_at     timestamptz,
    revoke_reason  text NOT NULL DEFAULT ''
);
CREATE INDEX sessions_user_idx ON sessions (user_id);

-- private_key is sealed with a key that is not in the database.
CREATE TABLE signing_keys (
    kid          text PRIMARY KEY,
    algorithm    text NOT NULL,
    public_key   bytea NOT NULL,
    private_key  bytea NOT NULL,
    sealed_by    text NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    retired_at   timestamptz
);

-- Claimed in the transaction of the effect. result has ids and times only, never
-- a token: an answer that bears one is made anew from the ids.
CREATE TABLE idempotency_keys (
    scope         text NOT NULL,
    route         text NOT NULL,
    key           text NOT NULL,
    request_hash  bytea NOT NULL,
    result        jsonb NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (scope, route, key)
);
CREATE INDEX idempotency_keys_age_idx ON idempotency_keys (created_at);

-- +goose Down
DROP TABLE idempotency_keys, signing_keys, sessions, events, messages, tokens, invitations, memberships, users, tenants;
DROP FUNCTION uuid_v7;
