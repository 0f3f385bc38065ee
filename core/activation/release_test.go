package activation_test

import (
	"slices"
	"testing"

	"github.com/usher-id/usher/core"
)

// TestRunKeepsItsRelease: all calls about one person's way carry the release that it began
// under, whatever was released since, and one run id.
func TestRunKeepsItsRelease(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.hooks.bound, p.hooks.release = true, 7
	p.signup(t, "ada@example.com", "Engines")
	p.hooks.release = 8
	boss := p.activate(t, "ada@example.com")
	p.keeps(t, "the owner's", p.hooks.asked[0].RunID, p.hooks.asked[0].Release, 7)

	p.invite(t, boss, "grace@example.com")
	p.hooks.release = 9
	p.activate(t, "grace@example.com")
	p.keeps(t, "the colleague's", p.hooks.invitations[0].RunID, p.hooks.invitations[0].Release, 8)
}

// keeps checks the last activation against how its run began.
func (p *pipeline) keeps(t *testing.T, whose string, run core.ID, release, want int64) {
	t.Helper()
	at := len(p.hooks.activations) - 1
	runs := []core.ID{run, p.hooks.activations[at].RunID, p.hooks.passwords[at].RunID, p.hooks.claims[at].RunID}
	if len(slices.Compact(runs)) != 1 || run.IsZero() {
		t.Errorf("%s calls are of the runs %v", whose, runs)
	}
	releases := []int64{release, p.hooks.activations[at].Release, p.hooks.passwords[at].Release, p.hooks.claims[at].Release}
	if len(slices.Compact(releases)) != 1 || release != want {
		t.Errorf("%s calls are of the releases %v, want %d", whose, releases, want)
	}
}
