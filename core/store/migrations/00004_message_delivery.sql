-- What providers report of their mails. A report is found by the provider's own name for
-- the mail. The index leaves the column provider out on purpose: it is written when a mail
-- is recorded as sent, and a column of an index makes that write one to every index.

-- +goose Up
ALTER TABLE messages
    ADD COLUMN provider_message_id text NOT NULL DEFAULT '',
    ADD COLUMN delivery text NOT NULL DEFAULT ''
        CONSTRAINT messages_delivery_check CHECK (delivery IN ('', 'deferred', 'delivered', 'bounced', 'complained')),
    ADD COLUMN delivery_reason text NOT NULL DEFAULT '',
    ADD COLUMN delivery_at timestamptz,
    ADD COLUMN version integer NOT NULL DEFAULT 0;
CREATE INDEX messages_provider_message_idx ON messages (provider_message_id) WHERE provider_message_id <> '';

-- +goose Down
DROP INDEX messages_provider_message_idx;
ALTER TABLE messages
    DROP COLUMN version, DROP COLUMN delivery_at, DROP COLUMN delivery_reason, DROP COLUMN delivery, DROP COLUMN provider_message_id;
