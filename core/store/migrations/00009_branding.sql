-- How a tenant shows itself in letters and on the page behind a link. Empty is not said.

-- +goose Up
ALTER TABLE tenants
    ADD COLUMN logo_url    text NOT NULL DEFAULT '' CONSTRAINT tenants_logo_url_check CHECK (length(logo_url) <= 2048),
    ADD COLUMN colour      text NOT NULL DEFAULT '' CONSTRAINT tenants_colour_check CHECK (colour ~ '^(#[0-9a-f]{6})?$'),
    ADD COLUMN support_url text NOT NULL DEFAULT '' CONSTRAINT tenants_support_url_check CHECK (length(support_url) <= 2048);

-- +goose Down
ALTER TABLE tenants DROP COLUMN support_url, DROP COLUMN colour, DROP COLUMN logo_url;
