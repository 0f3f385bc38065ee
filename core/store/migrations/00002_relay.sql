-- Who takes the events of the outbox, and how far each has come.

-- +goose Up

-- Readers of all tenants' events walk in the order of commits.
CREATE INDEX events_order_idx ON events (xid, position);

-- A consumer is worked off by one process at a time, the holder, for as long as its lease
-- lasts. Everything at or before (xid, position) was delivered or is parked.
CREATE TABLE event_consumers (
    name        text CONSTRAINT event_consumers_pkey PRIMARY KEY,
    xid         xid8 NOT NULL,
    position    bigint NOT NULL,
    holder      uuid,
    held_until  timestamptz,
    created_at  timestamptz NOT NULL DEFAULT now()
);

-- An event that was not taken waits here, and behind it the later ones of its tenant, so
-- that one tenant's trouble holds up nobody else and no tenant's order is broken. Events
-- without a tenant wait under the zero id.
CREATE TABLE event_parked (
    consumer   text NOT NULL CONSTRAINT event_parked_consumer_fkey REFERENCES event_consumers (name) ON DELETE CASCADE,
    tenant_id  uuid NOT NULL,
    xid        xid8 NOT NULL,
    position   bigint NOT NULL CONSTRAINT event_parked_event_fkey REFERENCES events (position),
    attempts   integer NOT NULL DEFAULT 0,
    next_at    timestamptz NOT NULL DEFAULT now(),
    parked_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT event_parked_pkey PRIMARY KEY (consumer, tenant_id, xid, position)
);

-- What plugins keep with a tenant: ids of things elsewhere, by plugin.
ALTER TABLE tenants ADD COLUMN external_references jsonb NOT NULL DEFAULT '{}';

-- +goose Down
ALTER TABLE tenants DROP COLUMN external_references;
DROP TABLE event_parked, event_consumers;
DROP INDEX events_order_idx;
