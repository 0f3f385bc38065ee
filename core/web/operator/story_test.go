package operator_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/web/operator"
)

// stories keeps what it was asked for.
type stories struct {
	asked    core.FunnelQuery
	refusals bool
}

func (s *stories) Timeline(_ context.Context, tenant, id core.ID, refusals bool) ([]core.Step, error) {
	if s.refusals = refusals; !tenant.IsZero() || id.IsZero() {
		return nil, core.E(core.NotFound, "There is no such invitation.")
	}
	return []core.Step{{Name: "refused", Detail: map[string]string{"reason": "expired_token"}, TraceID: "0af7651916cd43dd8448eb211c80319c"}}, nil
}

func (s *stories) Funnel(_ context.Context, q core.FunnelQuery) (core.Funnel, error) {
	s.asked = q
	return core.Funnel{Groups: []core.FunnelGroup{{By: make([]string, len(q.By)), Steps: []core.FunnelStep{
		{Name: "signup_started", Count: 4},
		{Name: "tenant_provisioned", Count: 3, From: 4, Converted: 3, Median: 1500 * time.Millisecond},
	}}}}, nil
}

func TestStories(t *testing.T) {
	t.Parallel()
	asked := &stories{}
	h := start(t, func(d *operator.Deps) { d.Stories = asked })
	for path, want := range map[string]struct {
		status int
		holds  string
	}{
		"/admin/v1/invitations/01890a5d-ac96-774b-bcce-b302099a8057/timeline": {200, `"reason":"expired_token"`},
		"/admin/v1/invitations/none/timeline":                                 {404, ""},
		"/admin/v1/funnel":                                                    {200, `"conversion":0.75,"median_seconds":1.5`},
		"/admin/v1/funnel?by=template,provider":                               {200, `"of":{"provider":"","template":""}`},
		"/admin/v1/funnel?by=template,colour":                                 {400, "template, provider, plugin_version, locale, tenant"},
		"/admin/v1/funnel?since=yesterday":                                    {400, "such as 24h"},
		"/admin/v1/funnel?since=1h&until=2h":                                  {400, "before until"},
	} {
		status, body, _ := h.call(http.MethodGet, path, token)
		if status != want.status || !strings.Contains(body, want.holds) {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	if !asked.refusals {
		t.Error("an operator is not told of refusals")
	}
	if status, _, _ := h.call(http.MethodGet, "/admin/v1/funnel?since=2030-01-01T00:00:00Z&until=2030-01-02T00:00:00%2B01:00&by=tenant", token); status != 200 {
		t.Fatal(status)
	}
	if q := asked.asked; q.Until.Sub(q.Since) != 23*time.Hour || !slices.Equal(q.By, []core.FunnelDimension{core.FunnelByTenant}) {
		t.Errorf("asked for %+v", q)
	}
}
