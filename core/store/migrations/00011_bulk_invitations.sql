-- Lists of invitations that are worked off in the background.

-- +goose Up

-- The counts are those of the rows, kept by whoever changes them. run goes up when somebody
-- resumes the list, so that a worker of the run before ends.
CREATE TABLE bulk_invitations (
    id           uuid CONSTRAINT bulk_invitations_pkey PRIMARY KEY,
    tenant_id    uuid NOT NULL CONSTRAINT bulk_invitations_tenant_fkey REFERENCES tenants (id),
    actor_id     uuid NOT NULL CONSTRAINT bulk_invitations_actor_fkey REFERENCES users (id),
    status       text NOT NULL CONSTRAINT bulk_invitations_status_check CHECK (status IN ('queued', 'running', 'paused', 'done', 'cancelled')),
    reason       text NOT NULL DEFAULT '',
    run          integer NOT NULL DEFAULT 1,
    version      integer NOT NULL DEFAULT 1,
    life         interval NOT NULL,
    rows         integer NOT NULL,
    pending      integer NOT NULL CONSTRAINT bulk_invitations_pending_check CHECK (pending >= 0),
    invited      integer NOT NULL DEFAULT 0,
    duplicate    integer NOT NULL DEFAULT 0,
    denied       integer NOT NULL DEFAULT 0,
    failed       integer NOT NULL DEFAULT 0,
    traceparent  text NOT NULL DEFAULT '',
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    finished_at  timestamptz
);
CREATE INDEX bulk_invitations_tenant_idx ON bulk_invitations (tenant_id, id);
CREATE INDEX bulk_invitations_finished_idx ON bulk_invitations (finished_at) WHERE finished_at IS NOT NULL;

-- A row that is not valid is here as it came, so that it can be put right: only an address that
-- was cleaned has an email_key.
CREATE TABLE bulk_invitation_rows (
    bulk_id        uuid NOT NULL CONSTRAINT bulk_invitation_rows_bulk_fkey REFERENCES bulk_invitations (id) ON DELETE CASCADE,
    line           integer NOT NULL,
    email          text NOT NULL,
    email_key      text NOT NULL,
    role           text NOT NULL,
    locale         text NOT NULL,
    metadata       jsonb NOT NULL,
    redirect_url   text NOT NULL,
    status         text NOT NULL CONSTRAINT bulk_invitation_rows_status_check CHECK (status IN ('pending', 'invited', 'duplicate', 'denied', 'failed')),
    valid          boolean NOT NULL,
    field          text NOT NULL DEFAULT '',
    code           text NOT NULL DEFAULT '',
    message        text NOT NULL DEFAULT '',
    invitation_id  uuid,
    CONSTRAINT bulk_invitation_rows_pkey PRIMARY KEY (bulk_id, line)
) WITH (fillfactor = 80);

-- +goose Down
DROP TABLE bulk_invitation_rows, bulk_invitations;
