package store_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/store"
	"github.com/usher-id/usher/tests/pgtest"
	"github.com/usher-id/usher/tests/storetest"
)

func roomy() store.PluginQuota { return store.PluginQuota{Entries: 100, Bytes: 1 << 20} }

func keep(t *testing.T, s *store.Store, e store.PluginEntry, ttl time.Duration) {
	t.Helper()
	if kept, err := s.PutPluginEntry(t.Context(), e, ttl, roomy()); err != nil || !kept {
		t.Fatalf("put %+v: %v, %v", e, kept, err)
	}
}

// An entry belongs to one plugin in one tenant, and the calls without a tenant are one more.
func TestPluginEntriesByNamespace(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	var all []store.PluginEntry
	for _, plugin := range []string{"first", "second"} {
		for _, tenant := range []core.ID{id(), id(), {}} {
			all = append(all, store.PluginEntry{Plugin: plugin, Tenant: tenant, Key: "the ' key", Value: fmt.Sprintf("%s \x00 %s", plugin, tenant)})
		}
	}
	for _, e := range all {
		if _, _, found, err := s.FindPluginEntry(t.Context(), e); err != nil || found {
			t.Fatalf("%+v is there before it was put: %v", e, err)
		}
		keep(t, s, e, time.Hour)
	}
	for _, e := range all {
		value, expires, found, err := s.FindPluginEntry(t.Context(), e)
		if err != nil || !found || value != e.Value || time.Until(expires) > time.Hour || time.Until(expires) < 50*time.Minute {
			t.Errorf("%+v: %q until %s, %v, %v", e, value, expires, found, err)
		}
	}
	if err := s.DeletePluginEntry(t.Context(), all[0]); err != nil {
		t.Fatal(err)
	}
	for i, e := range all {
		if _, _, found, err := s.FindPluginEntry(t.Context(), e); err != nil || found == (i == 0) {
			t.Errorf("after the first was deleted, %+v: %v, %v", e, found, err)
		}
	}
}

func TestPluginEntryIsReplaced(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	e := store.PluginEntry{Plugin: "p", Tenant: id(), Key: "k", Value: strings.Repeat("a", 60)}
	full := store.PluginQuota{Entries: 1, Bytes: 60}
	for _, tt := range []struct {
		key, value string
		kept       bool
	}{
		{"k", strings.Repeat("a", 60), true},
		{"k", strings.Repeat("b", 60), true}, // in the place of the first, so nothing is outgrown
		{"k", strings.Repeat("c", 61), false},
		{"other", "", false},
		{"k", "", true},
	} {
		e.Key, e.Value = tt.key, tt.value
		if kept, err := s.PutPluginEntry(t.Context(), e, time.Hour, full); err != nil || kept != tt.kept {
			t.Errorf("%d bytes under %s: %v, %v", len(tt.value), tt.key, kept, err)
		}
	}
}

// Expired entries are as good as gone, for reading and for the quota, and a purge deletes them alone.
func TestPluginEntriesExpire(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	s := storetest.OpenAt(t, url)
	old := store.PluginEntry{Plugin: "p", Tenant: id(), Key: "old", Value: "v"}
	keep(t, s, old, time.Hour)
	count(t, url, `WITH aged AS (UPDATE plugin_kv SET expires_at = now() RETURNING 1) SELECT count(*) FROM aged`)
	if _, _, found, err := s.FindPluginEntry(t.Context(), old); err != nil || found {
		t.Errorf("an expired entry is found: %v", err)
	}
	fresh := old
	fresh.Key = "fresh"
	if kept, err := s.PutPluginEntry(t.Context(), fresh, time.Hour, store.PluginQuota{Entries: 1, Bytes: 1}); err != nil || !kept {
		t.Errorf("an expired entry counts: %v, %v", kept, err)
	}
	if n, err := s.PurgePluginEntries(t.Context()); err != nil || n != 1 {
		t.Errorf("purged %d, %v", n, err)
	}
	if n := count(t, url, "SELECT count(*) FROM plugin_kv WHERE key = 'fresh'"); n != 1 {
		t.Error("the fresh entry is gone")
	}
}

// Twenty callers at once, on two replicas, keep as many entries as the quota has, and no more.
func TestPluginQuotaIsNotOutrun(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		quota store.PluginQuota
		want  int64
	}{
		"entries": {store.PluginQuota{Entries: 7, Bytes: 1 << 20}, 7},
		"bytes":   {store.PluginQuota{Entries: 1000, Bytes: 50}, 5},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := pgtest.New(t)
			replicas := []*store.Store{storetest.OpenAt(t, url), storetest.OpenAt(t, url)}
			tenant := id()
			var kept atomic.Int64
			var all sync.WaitGroup
			for i := range 20 {
				all.Go(func() {
					for j := range 3 {
						e := store.PluginEntry{Plugin: "p", Tenant: tenant, Key: fmt.Sprint(i, " ", j), Value: "ten bytes."}
						ok, err := replicas[i%2].PutPluginEntry(t.Context(), e, time.Hour, tt.quota)
						if err != nil {
							t.Error(err)
						}
						if ok {
							kept.Add(1)
						}
					}
				})
			}
			all.Wait()
			if n := count(t, url, "SELECT count(*) FROM plugin_kv"); kept.Load() != tt.want || int64(n) != tt.want {
				t.Errorf("%d were told that it was kept, %d are there, want %d", kept.Load(), n, tt.want)
			}
		})
	}
}
