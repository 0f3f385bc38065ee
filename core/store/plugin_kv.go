package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/usher-id/usher/core"
)

// PluginEntry is what a plugin keeps under a key in one tenant; a zero Tenant is the
// namespace of calls before there is one.
type PluginEntry struct {
	Plugin string
	Tenant core.ID
	Key    string // without zero bytes
	Value  string
}

// PluginQuota bounds a namespace: entries, and bytes of their values together.
type PluginQuota struct{ Entries, Bytes int64 }

// FindPluginEntry reads the value and the end of an entry that lives; found is false when
// there is none.
func (s *Store) FindPluginEntry(ctx context.Context, e PluginEntry) (value string, expires time.Time, found bool, err error) {
	var raw []byte
	err = s.bun.NewRaw("SELECT value, expires_at FROM plugin_kv WHERE plugin = ? AND tenant_id = ? AND key = ? AND expires_at > now()",
		e.Plugin, e.Tenant.String(), e.Key).Scan(ctx, &raw, &expires)
	if errors.Is(err, sql.ErrNoRows) {
		return "", time.Time{}, false, nil
	}
	if err != nil {
		return "", time.Time{}, false, failure("read a plugin's entry", err)
	}
	return string(raw), expires.UTC(), true, nil
}

// PutPluginEntry keeps an entry for ttl, in the place of an older one. It gives false, and
// nothing has changed, when the namespace would outgrow the quota, however many put at once.
func (s *Store) PutPluginEntry(ctx context.Context, e PluginEntry, ttl time.Duration, q PluginQuota) (kept bool, err error) {
	err = s.bun.NewRaw("SELECT plugin_kv_put(?, ?, ?, ?, ?::interval, ?, ?)",
		e.Plugin, e.Tenant.String(), e.Key, []byte(e.Value), ttl.String(), q.Entries, q.Bytes).Scan(ctx, &kept)
	return kept, failure("keep a plugin's entry", err)
}

// DeletePluginEntry forgets an entry, if there is one.
func (s *Store) DeletePluginEntry(ctx context.Context, e PluginEntry) error {
	_, err := s.bun.NewRaw("DELETE FROM plugin_kv WHERE plugin = ? AND tenant_id = ? AND key = ?",
		e.Plugin, e.Tenant.String(), e.Key).Exec(ctx)
	return failure("delete a plugin's entry", err)
}

// PurgePluginEntries deletes entries that have expired; those in use at the moment are
// left for the next time.
func (s *Store) PurgePluginEntries(ctx context.Context) (int64, error) {
	res, err := s.bun.NewRaw(`DELETE FROM plugin_kv WHERE ctid = ANY (ARRAY(
		SELECT ctid FROM plugin_kv WHERE expires_at <= now() FOR UPDATE SKIP LOCKED))`).Exec(ctx)
	if err != nil {
		return 0, failure("purge plugins' entries", err)
	}
	n, err := res.RowsAffected()
	return n, failure("purge plugins' entries", err)
}
