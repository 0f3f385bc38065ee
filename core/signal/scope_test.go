package signal_test

import (
	"sync"
	"testing"

	"github.com/usher-id/usher/core/signal"
)

func TestScopeOfARequest(t *testing.T) {
	t.Parallel()
	edge := signal.WithRequest(t.Context(), "r1", false)
	if got := signal.TenantID(edge); got != "" {
		t.Fatalf("tenant before it is known: %q", got)
	}

	inner := signal.WithTenant(edge, "t1")
	if got := signal.TenantID(edge); got != "t1" {
		t.Errorf("the edge sees tenant %q, want t1", got)
	}

	other := signal.WithTenant(inner, "t2")
	if got := signal.TenantID(other); got != "t2" {
		t.Errorf("below the switch: tenant %q, want t2", got)
	}
	if got := signal.TenantID(edge); got != "t1" {
		t.Errorf("after the switch the edge sees %q, want t1", got)
	}
	if got := signal.RequestID(other); got != "r1" {
		t.Errorf("the request id is lost: %q", got)
	}
}

func TestTenantWithoutARequest(t *testing.T) {
	t.Parallel()
	ctx := signal.WithTenant(t.Context(), "t1")
	if got := signal.TenantID(ctx); got != "t1" {
		t.Errorf("tenant %q, want t1", got)
	}
	if signal.TenantID(t.Context()) != "" || signal.RequestID(ctx) != "" || signal.Synthetic(ctx) {
		t.Error("something is known that nobody said")
	}
}

func TestSyntheticStaysWithTheTenant(t *testing.T) {
	t.Parallel()
	ctx := signal.WithRequest(t.Context(), "r1", true)
	ctx = signal.WithTenant(signal.WithTenant(ctx, "t1"), "t2")
	if !signal.Synthetic(ctx) {
		t.Error("synthetic traffic passes for real")
	}
}

func TestOneTenantWinsARace(t *testing.T) {
	t.Parallel()
	edge := signal.WithRequest(t.Context(), "r1", false)
	var all sync.WaitGroup
	for _, id := range []string{"a", "b", "c", "d"} {
		all.Go(func() {
			if got := signal.TenantID(signal.WithTenant(edge, id)); got != id {
				t.Errorf("own tenant %q, want %q", got, id)
			}
		})
	}
	all.Wait()
	if signal.TenantID(edge) == "" {
		t.Error("the edge learned of no tenant")
	}
}
