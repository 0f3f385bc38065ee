package host

import (
	"context"
	"strings"
	"time"

	"github.com/usher-id/usher/hostapi"
)

// Namespace is whose entries: those of a plugin, by the operator's name for it, in one
// tenant. Calls before there is a tenant have a namespace of their own.
type Namespace struct {
	Plugin string
	Tenant string // id, empty when there is none
}

// KV keeps the entries of plugins. Its methods are safe for concurrent use, and its
// errors mean that the store did not answer.
type KV interface {
	// Get gives a live entry; found is false when there is none.
	Get(ctx context.Context, n Namespace, key string) (value string, expires time.Time, found bool, err error)
	// Put keeps an entry, in the place of an older one. It gives false, and nothing has
	// changed, when the namespace would outgrow MaxKVEntries or MaxKVBytes of hostapi.
	Put(ctx context.Context, n Namespace, key, value string, ttl time.Duration) (kept bool, err error)
	// Delete forgets an entry, if there is one.
	Delete(ctx context.Context, n Namespace, key string) error
}

func (c *Capabilities) namespace(call *Call) Namespace {
	return Namespace{Plugin: c.grant.Plugin, Tenant: call.Tenant}
}

func (c *Capabilities) kvGet(ctx context.Context, call *Call, q hostapi.KVKey) (a hostapi.KVValue, no *refusal) {
	if no := beginKV(call, q.Key); no != nil {
		return a, no
	}
	value, expires, found, err := c.deps.KV.Get(ctx, c.namespace(call), q.Key)
	if err != nil {
		return a, c.storeFailed(ctx, "get", err)
	}
	if !found {
		return a, refuse(hostapi.StatusNotFound, hostapi.ReasonNotFound, "there is no such entry")
	}
	return hostapi.KVValue{Value: value, ExpiresAt: expires.UTC().Format(time.RFC3339Nano)}, nil
}

func (c *Capabilities) kvPut(ctx context.Context, call *Call, q hostapi.KVEntry) *refusal {
	if len(q.Value) > hostapi.MaxKVValue {
		return malformed("the value is too long")
	}
	if q.TTLS < 0 || q.TTLS > hostapi.MaxKVTTL {
		return malformed("ttl_s is negative or too long")
	}
	if q.TTLS == 0 {
		q.TTLS = hostapi.MaxKVTTL
	}
	if no := beginKV(call, q.Key); no != nil {
		return no
	}
	kept, err := c.deps.KV.Put(ctx, c.namespace(call), q.Key, q.Value, time.Duration(q.TTLS)*time.Second)
	if err != nil {
		return c.storeFailed(ctx, "put", err)
	}
	if !kept {
		return over(hostapi.ReasonQuota, "the plugin keeps as much as it may in this tenant")
	}
	return nil
}

func (c *Capabilities) kvDelete(ctx context.Context, call *Call, q hostapi.KVKey) *refusal {
	if no := beginKV(call, q.Key); no != nil {
		return no
	}
	if err := c.deps.KV.Delete(ctx, c.namespace(call), q.Key); err != nil {
		return c.storeFailed(ctx, "delete", err)
	}
	return nil
}

func beginKV(call *Call, key string) *refusal {
	if key == "" || len(key) > hostapi.MaxKVKey || strings.ContainsRune(key, 0) {
		return malformed("the key is empty, too long, or has a zero byte")
	}
	return call.callOut()
}

// storeFailed logs why, which is nothing for a guest.
func (c *Capabilities) storeFailed(ctx context.Context, doing string, err error) *refusal {
	if ctx.Err() == nil {
		c.deps.Log.WarnContext(ctx, "plugin key-value store failed", "plugin", c.grant.Plugin, "operation", doing, "error", err)
	}
	return failed(hostapi.ReasonStore, "the store did not answer")
}
