package plugins_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/plugins"
	"github.com/usher-id/usher/tests/cguest"
)

// rememberer is a guest that answers with the tenant of the call before, kept for its tenant.
func rememberer(t testing.TB) plugins.Source {
	return plugins.Source{Name: "remembers", Wasm: cguest.Build(t, "testdata/c/fail/remembers.c"), ReuseInTenant: true}
}

// beforeOf asks for a tenant and gives the tenant of the call that the instance served before; empty after a reset.
func beforeOf(t testing.TB, e *plugins.Engine, tenant string) string {
	t.Helper()
	c := signup(t, "acme.example")
	c.TenantID = tenant
	answer, err := e.Call(t.Context(), c)
	if err != nil {
		t.Error(err)
		return "failed"
	}
	_, rest, _ := strings.Cut(string(answer.Output), `"slug":"`)
	before, _, _ := strings.Cut(rest, `"`)
	return before
}

// TestReuseInTenant: an instance that is kept for its tenant spares the reset there, and is reset before anybody else's
// call and before one of no tenant.
func TestReuseInTenant(t *testing.T) {
	t.Parallel()
	e := newEngine(t, plugins.Config{Instances: 1, Limits: hostapi.Limits{WallMS: 10_000}})
	load(t, e, rememberer(t))
	for n, call := range []struct{ tenant, before string }{
		{"a", ""}, {"a", "a"}, {"a", "a"}, {"b", ""}, {"b", "b"}, {"a", ""}, {"", ""}, {"", ""}, {"a", ""}, {"a", "a"},
	} {
		if before := beforeOf(t, e, call.tenant); before != call.before {
			t.Errorf("call %d of %q sees %q, want %q", n+1, call.tenant, before, call.before)
		}
	}
}

// TestReuseEnds: a kept instance is reset after so many calls all the same.
func TestReuseEnds(t *testing.T) {
	t.Parallel()
	e := newEngine(t, plugins.Config{Instances: 1, Limits: hostapi.Limits{WallMS: 10_000}})
	load(t, e, rememberer(t))
	resets := 0
	for range 2500 {
		if beforeOf(t, e, "a") == "" {
			resets++
		}
	}
	if resets != 3 { // the first call, and after each thousand
		t.Errorf("%d resets in 2,500 calls", resets)
	}
}

// TestReuseNoTenantSeesAnother: whatever happens at the same moment, no call sees what another tenant left.
func TestReuseNoTenantSeesAnother(t *testing.T) {
	t.Parallel()
	e := newEngine(t, plugins.Config{Instances: 3, IdleAfter: time.Millisecond, Limits: hostapi.Limits{WallMS: 10_000}})
	load(t, e, rememberer(t))
	var callers sync.WaitGroup
	for n := range 8 {
		callers.Go(func() {
			tenant := fmt.Sprintf("tenant-%d", n%5)
			if n == 7 {
				tenant = ""
			}
			for range 1000 {
				if before := beforeOf(t, e, tenant); before != "" && before != tenant {
					t.Errorf("%q sees %q", tenant, before)
				}
			}
		})
	}
	callers.Wait()
}
