package operator_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/release"
	"github.com/usher-id/usher/core/release/replay"
	"github.com/usher-id/usher/core/web/operator"
)

// shades have one shadow, which differed once.
type shades struct{}

func (shades) Standing(context.Context, core.PluginRelease) ([]release.Shadow, error) {
	return []release.Shadow{{
		Plugin: "p", Digest: strings.Repeat("cd", 32), Against: version().Digest,
		Counts: core.ShadowCounts{Calls: 3, Agreed: 1, Differed: 1, NotComparable: map[string]int64{"asked usher:kv/v1.get": 1}},
	}}, nil
}

func (shades) Differences(_ context.Context, digest string, limit int) ([]core.PluginDifference, error) {
	return []core.PluginDifference{{
		Digest: digest, Against: digest, Hook: fmt.Sprint("hook", limit), Members: []string{"data.slug"}, Served: core.PluginVerdict{Outcome: "continue"},
		Shadowed: core.PluginVerdict{Outcome: "deny", Errors: []core.PluginFieldError{{Field: "email", Code: "no"}}},
	}}, nil
}

// replays remember what they were asked.
type replays struct{ asked string }

func (r *replays) Begin(_ context.Context, o replay.Order) (replay.State, error) {
	r.asked = fmt.Sprintf("%s since %v at most %d", o.Version, o.Since, o.Limit)
	return replay.State{ID: someID(), Report: &replay.Report{Plugin: "p"}}, nil
}

func (r *replays) Wait(_ context.Context, id core.ID, most time.Duration) (replay.State, error) {
	r.asked = fmt.Sprintf("%s for %v", id, most)
	return replay.State{ID: id, Done: true, Report: &replay.Report{Plugin: "p", Samples: 2, Changes: []replay.Change{{Hook: "signup.validate", Members: []string{"outcome"}}}}}, nil
}

func (r *replays) Stop(id core.ID) error {
	r.asked = "stop " + id.String()
	return nil
}

func someID() core.ID { return core.NewID(time.UnixMilli(1)) }

func TestShadowAndReplayCalls(t *testing.T) {
	t.Parallel()
	r, id := &replays{}, someID().String()
	h := start(t, func(d *operator.Deps) { d.Replays = r })
	const root = "/admin/v1/plugins/"
	for _, row := range []struct {
		method, path, body string
		status             int
		asked, says        string
	}{
		{"GET", "versions/p@1.0.0/differences", "", 200, "", `"hook":"hook50","against":"abab`},
		{"GET", "versions/p/differences?limit=7", "", 200, "", `"shadowed":{"outcome":"deny","errors":[{"field":"email","code":"no"}]},"members":["data.slug"]`},
		{"GET", "versions/p/differences?limit=201", "", 400, "", "limit"},
		{"GET", "rollout", "", 200, "", `"differed":1,"not_comparable":{"asked usher:kv/v1.get":1}`},
		{"POST", "replay", `{"version":"p@2"}`, 202, "p@2 since 24h0m0s at most 1000", `"done":false`},
		{"POST", "replay", `{"version":"p@2","since_s":60,"limit":5}`, 202, "p@2 since 1m0s at most 5", ""},
		{"POST", "replay", `{"version":"p@2","since_s":9000000000000000000}`, 202, "p@2 since 168h0m1s at most 1000", ""},
		{"POST", "replay", `{}`, 422, "", "version"},
		{"GET", "replay/" + id, "", 200, id + " for 3s", `"samples":2`},
		{"GET", "replay/x", "", 404, "", ""},
		{"DELETE", "replay/" + id, "", 204, "stop " + id, ""},
	} {
		r.asked = ""
		status, body, _ := h.send(row.method, root+row.path, token, "ann", row.body)
		if status != row.status || r.asked != row.asked || !strings.Contains(body, row.says) {
			t.Errorf("%s %s %s: %d %q\n%.600s", row.method, row.path, row.body, status, r.asked, body)
		}
		if status, _, _ := h.send(row.method, root+row.path, "wrong", "", row.body); status != 401 {
			t.Errorf("%s %s without the token: %d", row.method, row.path, status)
		}
	}
}
