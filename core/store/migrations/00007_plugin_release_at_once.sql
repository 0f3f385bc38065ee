-- A release that serves when the first replica has it ready, and what a replica serves otherwise
-- than its release says.

-- +goose Up
ALTER TABLE plugin_releases ADD COLUMN at_once boolean NOT NULL DEFAULT false;
ALTER TABLE plugin_replicas ADD COLUMN trouble text NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE plugin_replicas DROP COLUMN trouble;
ALTER TABLE plugin_releases DROP COLUMN at_once;
