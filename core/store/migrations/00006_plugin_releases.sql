-- Versions of plugins, the ledger of releases, and the replicas that serve them.

-- +goose Up

-- A version is its bytes. A name and version never come back with others.
CREATE TABLE plugin_versions (
    digest         text COLLATE "C" CONSTRAINT plugin_versions_pkey PRIMARY KEY
        CONSTRAINT plugin_versions_digest_check CHECK (digest ~ '^[0-9a-f]{64}$'),
    plugin         text COLLATE "C" NOT NULL,
    version        text COLLATE "C" NOT NULL,
    hooks          text[] NOT NULL,
    manifest       jsonb NOT NULL,
    wasm           bytea NOT NULL,
    size           integer NOT NULL GENERATED ALWAYS AS (octet_length(wasm)) STORED,
    signature      jsonb,
    key_id         text NOT NULL DEFAULT '',
    status         text NOT NULL DEFAULT 'good' CONSTRAINT plugin_versions_status_check CHECK (status IN ('good', 'quarantined', 'revoked')),
    status_reason  text NOT NULL DEFAULT '',
    status_by      text NOT NULL DEFAULT '',
    status_at      timestamptz,
    pushed_by      text NOT NULL,
    pushed_at      timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT plugin_versions_name_key UNIQUE (plugin, version)
);
ALTER TABLE plugin_versions ALTER COLUMN wasm SET STORAGE EXTERNAL; -- compressing what is read at every start only costs

CREATE INDEX plugin_versions_barred_idx ON plugin_versions (digest) WHERE status <> 'good';

-- A release is all of what the registry's plugins are at a time. Its number is the compare
-- of compare-and-set: whoever writes says which he has seen, and the key decides the race.
CREATE TABLE plugin_releases (
    number      bigint CONSTRAINT plugin_releases_pkey PRIMARY KEY CONSTRAINT plugin_releases_number_check CHECK (number > 0),
    kind        text NOT NULL CONSTRAINT plugin_releases_kind_check
        CHECK (kind IN ('activate', 'canary', 'shadow', 'promote', 'withdraw', 'bind', 'rollback')),
    state       text NOT NULL CONSTRAINT plugin_releases_state_check
        CHECK (state IN ('preparing', 'serving', 'served', 'failed', 'overtaken')),
    content     jsonb NOT NULL,
    plugin      text COLLATE "C" NOT NULL DEFAULT '',
    base        bigint NOT NULL,
    restores    bigint NOT NULL DEFAULT 0,
    actor       text NOT NULL,
    automatic   boolean NOT NULL DEFAULT false,
    reason      text NOT NULL DEFAULT '',
    failure     text NOT NULL DEFAULT '',
    created_at  timestamptz NOT NULL DEFAULT now(),
    serving_at  timestamptz
);
CREATE UNIQUE INDEX plugin_releases_one_serving ON plugin_releases (state) WHERE state = 'serving';
CREATE UNIQUE INDEX plugin_releases_one_preparing ON plugin_releases (state) WHERE state = 'preparing';

-- What each process said last. One that is not heard of any more is waited for by nobody.
CREATE TABLE plugin_replicas (
    id          uuid CONSTRAINT plugin_replicas_pkey PRIMARY KEY,
    name        text NOT NULL,
    build       text NOT NULL,
    started_at  timestamptz NOT NULL DEFAULT now(),
    seen_at     timestamptz NOT NULL DEFAULT now(),
    serving     bigint NOT NULL DEFAULT 0,
    since       timestamptz,
    prepared    bigint NOT NULL DEFAULT 0,
    failed      bigint NOT NULL DEFAULT 0,
    failure     text NOT NULL DEFAULT '',
    digests     jsonb NOT NULL DEFAULT '{}',
    swap        jsonb NOT NULL DEFAULT '{}'
);

-- Who did what to versions and releases, written in the commit of the deed.
CREATE TABLE plugin_acts (
    id       uuid CONSTRAINT plugin_acts_pkey PRIMARY KEY DEFAULT uuid_v7(),
    time     timestamptz NOT NULL DEFAULT now(),
    actor    text NOT NULL,
    action   text NOT NULL,
    plugin   text COLLATE "C" NOT NULL DEFAULT '',
    digest   text COLLATE "C" NOT NULL DEFAULT '',
    release  bigint NOT NULL DEFAULT 0,
    reason   text NOT NULL DEFAULT ''
);

-- What a version did under a release, counted by replica: cumulative, so that a report that is
-- sent twice counts once. counts are by hook what the guardrail compares, cost is a card of
-- latency, fuel and memory that merges by addition.
CREATE TABLE plugin_tallies (
    release     bigint NOT NULL,
    plugin      text COLLATE "C" NOT NULL,
    digest      text COLLATE "C" NOT NULL,
    role        text NOT NULL CONSTRAINT plugin_tallies_role_check CHECK (role IN ('serving', 'candidate', 'shadow', 'probe')),
    replica     uuid NOT NULL,
    counts      jsonb NOT NULL,
    cost        jsonb NOT NULL,
    updated_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT plugin_tallies_pkey PRIMARY KEY (release, plugin, digest, role, replica)
);
CREATE INDEX plugin_tallies_digest_idx ON plugin_tallies (digest);
CREATE INDEX plugin_tallies_updated_idx ON plugin_tallies (updated_at);

-- How a candidate does against what serves: the guardrail's state between its looks, and
-- what it found. rollback is the release that took the candidate back for it.
CREATE TABLE plugin_trials (
    release     bigint NOT NULL CONSTRAINT plugin_trials_release_fkey REFERENCES plugin_releases (number),
    plugin      text COLLATE "C" NOT NULL,
    digest      text COLLATE "C" NOT NULL,
    against     text COLLATE "C" NOT NULL,
    state       jsonb NOT NULL,
    looks       bigint NOT NULL DEFAULT 0,
    evidence    jsonb,
    rollback    bigint NOT NULL DEFAULT 0,
    updated_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT plugin_trials_pkey PRIMARY KEY (release, plugin)
);
CREATE UNIQUE INDEX plugin_trials_rollback ON plugin_trials (rollback) WHERE rollback > 0;

-- What became of the copies that shadows were asked about, by replica: cumulative, as the
-- tallies are. The cards are those of the same calls by what serves and by the shadow.
CREATE TABLE plugin_comparisons (
    release     bigint NOT NULL,
    plugin      text COLLATE "C" NOT NULL,
    digest      text COLLATE "C" NOT NULL,
    against     text COLLATE "C" NOT NULL,
    replica     uuid NOT NULL,
    counts      jsonb NOT NULL,
    served      jsonb NOT NULL,
    shadowed    jsonb NOT NULL,
    updated_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT plugin_comparisons_pkey PRIMARY KEY (digest, against, release, plugin, replica)
);

-- Where a shadow's answer was another than the caller got: the last of each shadow.
CREATE TABLE plugin_differences (
    id          uuid CONSTRAINT plugin_differences_pkey PRIMARY KEY DEFAULT uuid_v7(),
    time        timestamptz NOT NULL DEFAULT now(),
    release     bigint NOT NULL,
    plugin      text COLLATE "C" NOT NULL,
    digest      text COLLATE "C" NOT NULL,
    against     text COLLATE "C" NOT NULL,
    hook        text NOT NULL,
    served      jsonb NOT NULL,
    shadowed    jsonb NOT NULL,
    members     text[] NOT NULL
);
CREATE INDEX plugin_differences_digest_idx ON plugin_differences (digest, id);

-- Calls that are kept for a while to be put to a candidate: redacted, then sealed with a key
-- that is not in the database.
CREATE TABLE plugin_samples (
    id          uuid CONSTRAINT plugin_samples_pkey PRIMARY KEY DEFAULT uuid_v7(),
    time        timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz NOT NULL,
    plugin      text COLLATE "C" NOT NULL,
    digest      text COLLATE "C" NOT NULL,
    hook        text NOT NULL,
    key_id      text NOT NULL,
    sealed      bytea NOT NULL
);
CREATE INDEX plugin_samples_plugin_idx ON plugin_samples (plugin, id);
CREATE INDEX plugin_samples_expiry_idx ON plugin_samples (expires_at);

-- The release that a run began under: it ends with the versions that it began with.
ALTER TABLE tenants ADD COLUMN plugin_release bigint NOT NULL DEFAULT 0;
ALTER TABLE invitations ADD COLUMN plugin_release bigint NOT NULL DEFAULT 0;
CREATE INDEX tenants_pinned_idx ON tenants (plugin_release, created_at) WHERE status = 'pending' AND plugin_release > 0;
CREATE INDEX invitations_pinned_idx ON invitations (plugin_release, expires_at) WHERE status = 'pending' AND plugin_release > 0;

-- +goose Down
DROP INDEX invitations_pinned_idx, tenants_pinned_idx;
ALTER TABLE invitations DROP COLUMN plugin_release;
ALTER TABLE tenants DROP COLUMN plugin_release;
DROP TABLE plugin_comparisons;
DROP TABLE plugin_samples, plugin_differences, plugin_trials, plugin_tallies, plugin_acts, plugin_replicas, plugin_releases, plugin_versions;
