package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/usher-id/usher/core/web"
)

type healthAnswer struct {
	Status string
	Checks []struct {
		Name, Status string
		LatencyMS    float64 `json:"latency_ms"`
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	fine := web.Check{Name: "fine", Run: func(context.Context) error { return nil }}
	slow := web.Check{Name: "slow", Run: func(context.Context) error { return fmt.Errorf("queue is long: %w", web.ErrDegraded) }}
	broken := web.Check{Name: "broken", Run: func(context.Context) error { return errors.New("dial 10.0.0.7: secret") }}
	hanging := web.Check{Name: "hanging", Run: func(context.Context) error { select {} }}
	for _, row := range []struct {
		checks []web.Check
		want   string
		status int
	}{
		{nil, "ok", 200},
		{[]web.Check{fine}, "ok", 200},
		{[]web.Check{fine, slow}, "degraded", 200},
		{[]web.Check{slow, broken, fine}, "down", 503},
		{[]web.Check{hanging, fine}, "down", 503},
	} {
		h := start(t, func(d *web.Deps, c *web.Config) {
			d.Health = web.Health{Ready: row.checks, Auth: row.checks}
			c.CheckTimeout = 50 * time.Millisecond
		})
		for _, path := range []string{"/readyz", "/health/auth"} {
			got := h.call("GET", path, "")
			equal(t, "status", got.status, row.status)
			var said healthAnswer
			must(t, json.Unmarshal(got.body, &said))
			equal(t, "verdict", said.Status, row.want)
			equal(t, "checks", len(said.Checks), len(row.checks))
			for i, c := range said.Checks {
				equal(t, "name", c.Name, row.checks[i].Name)
			}
		}
		equal(t, "livez", h.call("GET", "/livez", "").status, 200)
		equal(t, "another page", h.call("GET", "/health/tenant", "").status, 200)
	}
}

func TestManyWhoAskMakeOneLook(t *testing.T) {
	t.Parallel()
	var looks atomic.Int64
	h := start(t, func(d *web.Deps, _ *web.Config) {
		d.Health.Ready = []web.Check{{Name: "counted", Run: func(context.Context) error { looks.Add(1); return nil }}}
	})
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() { h.call("GET", "/readyz", "") })
	}
	all.Wait()
	equal(t, "looks", looks.Load(), 1)
}
