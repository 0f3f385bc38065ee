-- Who somebody is at an external provider. A link is made at the first sign-in, by an
-- address that both sides have verified, and holds from then on whatever becomes of the address.

-- +goose Up
CREATE TABLE external_identities (
    id          uuid CONSTRAINT external_identities_pkey PRIMARY KEY,
    provider    text NOT NULL,
    subject     text NOT NULL,
    user_id     uuid NOT NULL CONSTRAINT external_identities_user_fkey REFERENCES users (id),
    created_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT external_identities_subject_key UNIQUE (provider, subject)
);
CREATE INDEX external_identities_user_idx ON external_identities (user_id);

-- +goose Down
DROP TABLE external_identities;
