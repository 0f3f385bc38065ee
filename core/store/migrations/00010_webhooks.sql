-- Where customers and operators have events sent, and what became of each attempt.

-- +goose Up

-- An event that was given up is dead: it stays to be seen and sent again, and those behind it go on.
ALTER TABLE event_parked ADD COLUMN dead_at timestamptz;
CREATE INDEX event_parked_live_idx ON event_parked (consumer, tenant_id, xid, position) WHERE dead_at IS NULL;

-- An endpoint without a tenant gets every tenant's events. Secrets are sealed with a root key. Its place in the
-- outbox is the row webhook/ID of event_consumers.
CREATE TABLE webhooks (
    id                  uuid CONSTRAINT webhooks_pkey PRIMARY KEY,
    tenant_id           uuid CONSTRAINT webhooks_tenant_fkey REFERENCES tenants (id),
    url                 text NOT NULL,
    types               text[],
    secret              bytea NOT NULL,
    sealed_by           text NOT NULL,
    previous_secret     bytea,
    previous_sealed_by  text,
    previous_until      timestamptz,
    version             integer NOT NULL DEFAULT 1,
    created_at          timestamptz NOT NULL DEFAULT now(),
    updated_at          timestamptz NOT NULL DEFAULT now(),
    failing_since       timestamptz,
    disabled_at         timestamptz,
    disabled_reason     text NOT NULL DEFAULT '' CONSTRAINT webhooks_disabled_check
        CHECK (disabled_reason IN ('', 'gone', 'failing', 'owner', 'operator') AND (disabled_at IS NULL) = (disabled_reason = ''))
);
CREATE INDEX webhooks_tenant_idx ON webhooks (tenant_id, id);

-- Attempts, the last ones of each endpoint; neither what was sent nor what was answered.
CREATE TABLE webhook_deliveries (
    id           bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT webhook_deliveries_pkey PRIMARY KEY,
    webhook_id   uuid NOT NULL CONSTRAINT webhook_deliveries_webhook_fkey REFERENCES webhooks (id) ON DELETE CASCADE,
    event_id     uuid NOT NULL,
    event_type   text NOT NULL,
    attempt      integer NOT NULL,
    time         timestamptz NOT NULL DEFAULT now(),
    status       integer NOT NULL DEFAULT 0,
    duration_ms  integer NOT NULL,
    error        text NOT NULL DEFAULT ''
);
CREATE INDEX webhook_deliveries_webhook_idx ON webhook_deliveries (webhook_id, id);

-- +goose Down
DROP TABLE webhook_deliveries, webhooks;
DROP INDEX event_parked_live_idx;
ALTER TABLE event_parked DROP COLUMN dead_at;
