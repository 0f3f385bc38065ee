package signal

import (
	"context"
	"sync/atomic"
)

// scope is what a context knows about the work it stands for. It is shared by
// every context derived from the one that [WithRequest] made, so the edge's own
// log line shows the tenant that a use case found out later.
type scope struct {
	requestID string
	synthetic bool
	tenantID  atomic.Pointer[string]
}

type scopeKey struct{}

func scopeOf(ctx context.Context) *scope {
	s, _ := ctx.Value(scopeKey{}).(*scope)
	return s
}

// WithRequest opens the scope of one request or job. Everything logged below it
// carries the id, and with synthetic set, every KPI counted below it carries
// synthetic="true".
func WithRequest(ctx context.Context, id string, synthetic bool) context.Context {
	return context.WithValue(ctx, scopeKey{}, &scope{requestID: id, synthetic: synthetic})
}

// WithTenant tells whose work this is. The first tenant of a request is known to
// the whole request from then on, its other goroutines included; a second one
// only to the context returned. Safe for concurrent use.
func WithTenant(ctx context.Context, id string) context.Context {
	s := scopeOf(ctx)
	if s != nil && s.tenantID.CompareAndSwap(nil, &id) {
		return ctx
	}
	if s != nil && *s.tenantID.Load() == id {
		return ctx
	}
	next := &scope{}
	if s != nil {
		next.requestID, next.synthetic = s.requestID, s.synthetic
	}
	next.tenantID.Store(&id)
	return context.WithValue(ctx, scopeKey{}, next)
}

// RequestID returns the id given to [WithRequest], or "".
func RequestID(ctx context.Context) string {
	if s := scopeOf(ctx); s != nil {
		return s.requestID
	}
	return ""
}

// TenantID returns the tenant given to [WithTenant], or "".
func TenantID(ctx context.Context) string {
	if s := scopeOf(ctx); s != nil {
		if id := s.tenantID.Load(); id != nil {
			return *id
		}
	}
	return ""
}

// Synthetic tells whether this is the traffic of a synthetic user.
func Synthetic(ctx context.Context) bool {
	s := scopeOf(ctx)
	return s != nil && s.synthetic
}
