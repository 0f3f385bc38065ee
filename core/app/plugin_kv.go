package app

import (
	"context"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/store"
	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/hostapi/host"
)

// pluginKV lets plugins keep their entries in the database, which is opened while they
// load. It implements [host.KV].
type pluginKV struct{ store func() *store.Store }

// Get implements [host.KV].
func (kv pluginKV) Get(ctx context.Context, n host.Namespace, key string) (string, time.Time, bool, error) {
	e, err := entryOf(n, key)
	if err != nil {
		return "", time.Time{}, false, err
	}
	return kv.store().FindPluginEntry(ctx, e)
}

// Put implements [host.KV].
func (kv pluginKV) Put(ctx context.Context, n host.Namespace, key, value string, ttl time.Duration) (bool, error) {
	e, err := entryOf(n, key)
	if err != nil {
		return false, err
	}
	e.Value = value
	return kv.store().PutPluginEntry(ctx, e, ttl, store.PluginQuota{Entries: hostapi.MaxKVEntries, Bytes: hostapi.MaxKVBytes})
}

// Delete implements [host.KV].
func (kv pluginKV) Delete(ctx context.Context, n host.Namespace, key string) error {
	e, err := entryOf(n, key)
	if err != nil {
		return err
	}
	return kv.store().DeletePluginEntry(ctx, e)
}

func entryOf(n host.Namespace, key string) (e store.PluginEntry, err error) {
	e = store.PluginEntry{Plugin: n.Plugin, Key: key}
	if n.Tenant != "" {
		e.Tenant, err = core.ParseID(n.Tenant)
	}
	return e, err
}
