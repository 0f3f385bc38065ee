package operator_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/release"
	"github.com/usher-id/usher/core/web/operator"
)

// ledger remembers what it was asked.
type ledger struct {
	asked   string
	nothing error // of BackTo
}

func released() core.PluginRelease {
	return core.PluginRelease{
		Number: 4, Kind: core.ReleaseCanary, State: core.ReleaseServing, Plugin: "p", Actor: "ann", CreatedAt: time.Unix(0, 0).UTC(),
		Content: core.ReleaseContent{Plugins: []core.ReleasedPlugin{{
			Name: "p", Digest: version().Digest, Candidate: &core.PluginCandidate{Digest: strings.Repeat("cd", 32), Percent: 10, ByTenant: true},
		}}},
	}
}

func (l *ledger) Make(_ context.Context, c release.Change) (core.PluginRelease, error) {
	l.asked = fmt.Sprintf("%s %s %s %g by tenant %t by %s: %s, now %t, force %t", c.Kind, c.Plugin, c.Version, c.Percent, c.ByTenant, c.Actor, c.Reason, c.Now, c.Force)
	if c.To != nil {
		l.asked += fmt.Sprintf(", to %d", *c.To)
	}
	if c.Expect != nil {
		l.asked += fmt.Sprintf(", expecting %d", *c.Expect)
	}
	for _, b := range c.Bindings {
		l.asked += fmt.Sprintf(", %s at %s in %v", b.Plugin, b.Hook, b.Timeout)
	}
	return released(), nil
}

func (l *ledger) ServeNow(_ context.Context, number int64) (core.PluginRelease, error) {
	l.asked = fmt.Sprintf("serve %d", number)
	return released(), nil
}

func (l *ledger) Find(_ context.Context, number int64) (core.PluginRelease, error) {
	l.asked = fmt.Sprintf("find %d", number)
	return released(), nil
}

func (l *ledger) List(_ context.Context, below, limit int64) ([]core.PluginRelease, error) {
	l.asked = fmt.Sprintf("%d below %d", limit, below)
	return []core.PluginRelease{released()}, nil
}

func (l *ledger) Standing(context.Context) (core.PluginLedger, []core.PluginReplica, error) {
	l.asked = "standing"
	return core.PluginLedger{Serving: released(), Newest: 4}, []core.PluginReplica{{
		Name: "one:1", Live: true, Serving: 4, Digests: map[string]string{"p": version().Digest},
		Swap: core.ReplicaSwap{Release: 4, Read: 300 * time.Microsecond, Flip: 2 * time.Microsecond},
	}}, nil
}

func (l *ledger) BackTo(context.Context, core.PluginLedger) (core.PluginRelease, error) {
	return core.PluginRelease{Number: 3, Kind: core.ReleaseActivate, State: core.ReleaseServed}, l.nothing
}

// TestRolloutSaysWhereARollbackGoes: that there is nothing before is no error, what else fails is.
func TestRolloutSaysWhereARollbackGoes(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		nothing error
		status  int
		says    bool
	}{
		{nil, 200, true},
		{core.E(core.Conflict, "There is nothing further back.").Because("nothing_before"), 200, false},
		{errors.New("the database is away"), 500, false},
	} {
		h := start(t, func(d *operator.Deps) { d.Releases = &ledger{nothing: row.nothing} })
		status, body, _ := h.call("GET", "/admin/v1/plugins/rollout", token)
		if status != row.status || strings.Contains(body, `"back_to":{"number":3`) != row.says {
			t.Errorf("%v: %d %s", row.nothing, status, body)
		}
	}
}

// TestReleaseCalls: what an operator sends reaches the ledger, who sends it with it, and what
// comes back names versions as people do.
func TestReleaseCalls(t *testing.T) {
	t.Parallel()
	l := &ledger{}
	h := start(t, func(d *operator.Deps) { d.Releases = l })
	const root = "/admin/v1/plugins/releases"
	for _, row := range []struct {
		method, path, body string
		status             int
		asked, says        string
	}{
		{"POST", root, `{"kind":"canary","version":"p@1.0.0","percent":10,"by":"tenant","expect":3}`, 201, "canary  p@1.0.0 10 by tenant true by ann: , now false, force false, expecting 3", `"percent":10,"by":"tenant","shadow":false`},
		{"POST", root, `{"kind":"rollback","to":0,"reason":"bad"}`, 201, "rollback   0 by tenant false by ann: bad, now false, force false, to 0", `"number":4`},
		{"POST", root, `{"kind":"bind","bindings":[{"hook":"signup.validate","plugin":"p","timeout_ms":50}]}`, 201, "bind   0 by tenant false by ann: , now false, force false, p at signup.validate in 50ms", ""},
		{"POST", root, `{"kind":"bind","bindings":[{"hook":"signup.validate","plugin":"p","timeout_ms":9223372036854775807},{"hook":"signup.validate","plugin":"p","timeout_ms":-9223372036854775807}]}`, 201, "bind   0 by tenant false by ann: , now false, force false, p at signup.validate in 1h0m0s, p at signup.validate in -1ms", ""},
		{"POST", root, `{"kind":"promote","plugin":"p","force":true,"now":true,"reason":"r"}`, 201, "promote p  0 by tenant false by ann: r, now true, force true", ""},
		{"POST", root, `{"kind":"activate","version":"p","wight":10}`, 400, "", "wight"},
		{"POST", root, `{"version":"p"}`, 422, "", "kind"},
		{"POST", root, `{"kind":"canary","version":"p","percent":1,"by":"people"}`, 422, "", `run or tenant`},
		{"POST", root + "/4/serve", "", 200, "serve 4", ""},
		{"POST", root + "/x/serve", "", 404, "", ""},
		{"GET", root + "/4", "", 200, "find 4", `"version":"1.0.0"`},
		{"GET", root + "/0", "", 404, "", ""},
		{"GET", root + "?limit=5&below=9", "", 200, "5 below 9", `"data":[`},
		{"GET", root + "?below=x", "", 422, "", "below"},
		{"GET", "/admin/v1/plugins/rollout", "", 200, "standing", `"read_us":300`},
	} {
		l.asked = ""
		status, body, _ := h.send(row.method, row.path, token, "ann", row.body)
		if status != row.status || l.asked != row.asked || !strings.Contains(body, row.says) {
			t.Errorf("%s %s %s: %d %q\n%.300s", row.method, row.path, row.body, status, l.asked, body)
		}
		if status, _, _ := h.send(row.method, row.path, "wrong", "ann", row.body); status != 401 {
			t.Errorf("%s %s without the token: %d", row.method, row.path, status)
		}
	}
}

// TestOnlyWhatIsShownIsNamed: what is polled while something changes asks the registry for the
// versions that it shows, however many there are.
func TestOnlyWhatIsShownIsNamed(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	h := start(t, func(d *operator.Deps) { d.Registry = s })
	for path, asked := range map[string]string{
		"/admin/v1/plugins/rollout": "2 labels", "/admin/v1/plugins/releases/4": "2 labels", "/admin/v1/plugins/releases": "2 labels",
	} {
		status, body, _ := h.call("GET", path, token)
		if status != 200 || s.asked != asked || !strings.Contains(body, `"version":"1.0.0"`) {
			t.Errorf("%s: %d, %s, %s", path, status, s.asked, body)
		}
	}
}
