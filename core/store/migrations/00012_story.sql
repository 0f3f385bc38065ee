-- What an invitation's story is told from, and the funnel over all of them.

-- +goose Up

-- Runs of synthetic users stay in a tenant of their own, which no funnel counts.
ALTER TABLE tenants ADD COLUMN synthetic boolean NOT NULL DEFAULT false;

-- What plugins said where the invitation was made and where it was accepted: an array of
-- {hook, plugin, version, digest, outcome}, NULL where nobody was asked.
ALTER TABLE invitations ADD COLUMN validated_by jsonb, ADD COLUMN activated_by jsonb;

-- about_invitation_id is the invitation that a notice to its inviter is about; its mail is not
-- one of the invitation's own. None of what recording a mail writes is in an index.
ALTER TABLE messages
    ADD COLUMN about_invitation_id uuid CONSTRAINT messages_about_fkey REFERENCES invitations (id),
    ADD COLUMN rendered_by text NOT NULL DEFAULT '',
    ADD COLUMN language text NOT NULL DEFAULT '',
    ADD COLUMN routed_by text NOT NULL DEFAULT '',
    ADD COLUMN sent_at timestamptz,
    ADD COLUMN delivered_at timestamptz,
    ADD COLUMN bounced_at timestamptz;
CREATE UNIQUE INDEX messages_notice_key ON messages (about_invitation_id, token_version) WHERE about_invitation_id IS NOT NULL;
CREATE INDEX messages_signup_idx ON messages (tenant_id) WHERE kind = 'owner_verification';

-- A provider's turn at a mail, or an attempt that came to none. number counts the attempts, turn
-- the providers of one, and both are bounded by the sender. There is no foreign key: it would
-- look each message up that the same statement has just written.
CREATE TABLE message_attempts (
    message_id   uuid NOT NULL,
    number       integer NOT NULL,
    turn         integer NOT NULL,
    at           timestamptz NOT NULL DEFAULT now(),
    provider     text NOT NULL DEFAULT '',
    outcome      text NOT NULL,
    duration_ms  integer NOT NULL DEFAULT 0,
    traceparent  text NOT NULL DEFAULT '',
    CONSTRAINT message_attempts_pkey PRIMARY KEY (message_id, number, turn)
);

-- Who looked at a link, and which uses of it were refused: one row for each kind and reason,
-- whatever the number of times, and never a row of the link's token itself.
CREATE TABLE link_visits (
    token_id       uuid NOT NULL,
    token_version  integer NOT NULL,
    kind           text COLLATE "C" NOT NULL CONSTRAINT link_visits_kind_check CHECK (kind IN ('prefetch', 'script', 'person', 'refused')),
    reason         text COLLATE "C" NOT NULL DEFAULT '',
    first_at       timestamptz NOT NULL,
    last_at        timestamptz NOT NULL,
    count          bigint NOT NULL,
    traceparent    text NOT NULL DEFAULT '',
    CONSTRAINT link_visits_pkey PRIMARY KEY (token_id, token_version, kind, reason)
);

-- Where runs begin, for the funnel of a time.
CREATE INDEX events_run_idx ON events (time) WHERE type IN ('SignupStarted', 'InvitationCreated');

-- +goose Down
DROP INDEX events_run_idx;
DROP TABLE link_visits, message_attempts;
DROP INDEX messages_signup_idx, messages_notice_key;
ALTER TABLE messages
    DROP COLUMN bounced_at, DROP COLUMN delivered_at, DROP COLUMN sent_at, DROP COLUMN routed_by, DROP COLUMN language,
    DROP COLUMN rendered_by, DROP COLUMN about_invitation_id;
ALTER TABLE invitations DROP COLUMN activated_by, DROP COLUMN validated_by;
ALTER TABLE tenants DROP COLUMN synthetic;
