-- What plugins keep. The namespace is the plugin's name and the tenant, both of which the
-- host says; calls before there is a tenant share the namespace of the zero id.

-- +goose Up
CREATE TABLE plugin_kv (
    plugin      text COLLATE "C" NOT NULL,
    tenant_id   uuid NOT NULL,
    key         text COLLATE "C" NOT NULL,
    value       bytea NOT NULL,
    expires_at  timestamptz NOT NULL,
    CONSTRAINT plugin_kv_pkey PRIMARY KEY (plugin, tenant_id, key)
);
CREATE INDEX plugin_kv_expiry_idx ON plugin_kv (expires_at);

-- Keeps an entry unless the namespace would outgrow its quota, and tells whether it did.
-- Writers of one namespace queue on a lock. Each statement of the function sees what was
-- committed before it began, so what is counted after the lock is what is there.
-- +goose StatementBegin
CREATE FUNCTION plugin_kv_put(
    in_plugin text, in_tenant uuid, in_key text, in_value bytea, in_ttl interval, max_entries bigint, max_bytes bigint
) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    entries bigint;
    bytes bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(1970497650, -- "ushr"
        hashtext(in_plugin || ' ' || in_tenant));
    SELECT count(*), coalesce(sum(octet_length(value)), 0) INTO entries, bytes FROM plugin_kv
        WHERE plugin = in_plugin AND tenant_id = in_tenant AND key <> in_key AND expires_at > now();
    IF entries + 1 > max_entries OR bytes + octet_length(in_value) > max_bytes THEN
        RETURN false;
    END IF;
    INSERT INTO plugin_kv (plugin, tenant_id, key, value, expires_at) VALUES (in_plugin, in_tenant, in_key, in_value, now() + in_ttl)
        ON CONFLICT ON CONSTRAINT plugin_kv_pkey DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at;
    RETURN true;
END
$$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION plugin_kv_put;
DROP TABLE plugin_kv;
