package operator_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/release/cost"
	"github.com/usher-id/usher/core/release/guard"
	"github.com/usher-id/usher/core/release/trial"
	"github.com/usher-id/usher/core/web/operator"
)

// trials are of the release that the fake ledger has.
type trials struct{}

func arms() trial.Arms {
	var a trial.Arms
	a.Candidate.Observe(guard.Failed, 4*time.Millisecond)
	a.Serving.Observe(guard.Denied, 100*time.Microsecond)
	return a
}

func (trials) Standings(_ context.Context, serving core.PluginRelease) ([]trial.Standing, error) {
	p := serving.Content.Plugins[0]
	var s guard.State
	return []trial.Standing{{
		Plugin: p.Name, Digest: p.Candidate.Digest, Against: p.Digest, Since: time.Unix(0, 0),
		Hooks: map[string]trial.Arms{"signup.validate": arms()}, Verdict: s.Verdict(guard.Config{}),
	}}, nil
}

func (trials) EvidenceOf(_ context.Context, r core.PluginRelease) (*trial.Evidence, error) {
	if !r.Automatic {
		return nil, nil
	}
	return &trial.Evidence{Plugin: "p", Alarm: &guard.Alarm{Evidence: guard.Evidence{Metric: guard.Failures}}, Hooks: map[string]trial.Arms{"signup.validate": arms()}, Text: "it failed"}, nil
}

func (trials) Cards(_ context.Context, v core.PluginVersion) (map[core.TallyRole]cost.Card, error) {
	var c cost.Card
	c.Observe(cost.Call{Took: time.Millisecond, Fuel: 77, Memory: 65536})
	c.Size = int64(v.Size)
	return map[core.TallyRole]cost.Card{core.TallyProbe: c, core.TallyServing: c}, nil
}

// automatic is a ledger whose releases nobody made.
type automatic struct{ ledger }

func (a *automatic) Find(ctx context.Context, number int64) (core.PluginRelease, error) {
	r, err := a.ledger.Find(ctx, number)
	r.Automatic = true
	return r, err
}

func TestTrialsAreShown(t *testing.T) {
	t.Parallel()
	h := start(t, func(d *operator.Deps) { d.Releases = &automatic{} })
	for _, row := range []struct {
		path string
		says []string
	}{
		{"/admin/v1/plugins/rollout", []string{
			`"trials":[{"plugin":"p"`, `"hook":"signup.validate","candidate":{"runs":1,"failed":1,"denied":0,`, `"serving":{"runs":1,"failed":0,"denied":1,`,
			`"against_version":"1.0.0"`, `more traffic is needed`, `{"metric":"failures","says":`,
		}},
		{"/admin/v1/plugins/releases/4", []string{`"evidence":{"plugin":"p"`, `"metric":"failures"`, `"text":"it failed"`}},
		{"/admin/v1/plugins/versions/p", []string{`"cost":[{"role":"probe","calls":1,`, `"fuel_mean":77`, `"memory_bytes":65536`, `{"role":"serving"`}},
	} {
		status, body, _ := h.send("GET", row.path, token, "ann", "")
		for _, says := range row.says {
			if status != 200 || !strings.Contains(body, says) {
				t.Errorf("%s: %d, no %s in\n%s", row.path, status, says, body)
			}
		}
	}
}
