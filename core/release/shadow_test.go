package release_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/release"
	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/tests/storetest"
)

func shadows(t *testing.T, s release.ShadowStore, dropped func() map[string]int64) *release.Shadows {
	t.Helper()
	if dropped == nil {
		dropped = func() map[string]int64 { return nil }
	}
	own, err := release.NewShadows(release.ShadowDeps{Store: s, Log: slog.New(slog.DiscardHandler), Replica: core.NewID(time.Now()), Dropped: dropped})
	if err != nil {
		t.Fatal(err)
	}
	return own
}

// written has a record written as at the end of a process.
func written(t *testing.T, s *release.Shadows) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s.Run(ctx)
}

var (
	servedDigest = strings.Repeat("aa", 32)
	shadowDigest = strings.Repeat("bb", 32)
)

func side(digest, output, failure string) release.Side {
	return release.Side{Digest: digest, Output: []byte(output), Failure: failure, Took: time.Millisecond, Fuel: 100, Memory: 1 << 16}
}

func compared(served, shadowed string) release.Compared {
	return release.Compared{
		Release: 2, Plugin: "p", Hook: hostapi.HookSignupValidate, Served: side(servedDigest, served, ""), Shadowed: side(shadowDigest, shadowed, ""),
		Agree: served == shadowed,
	}
}

const (
	goOn  = `{"outcome":"continue","data":{"slug":"canary"}}`
	sayNo = `{"outcome":"deny","errors":[{"field":"email","code":"blocked","message":"canary@company.example is not welcome"}]}`
)

func shadowing(against string) core.PluginRelease {
	return core.PluginRelease{Number: 3, Content: core.ReleaseContent{Plugins: []core.ReleasedPlugin{
		{Name: "other", Digest: servedDigest}, {Name: "p", Digest: against, Candidate: &core.PluginCandidate{Digest: shadowDigest, Shadow: true}},
	}}}
}

// What two replicas saw of a shadow under two releases is added up; what agrees is counted and
// not listed, and nothing that was said is kept.
func TestShadowsAreCounted(t *testing.T) {
	t.Parallel()
	store := storetest.Open(t)
	copies := map[string]int64{"p": 3, "none": 7}
	one, two := shadows(t, store, func() map[string]int64 { return copies }), shadows(t, store, nil)
	one.Observe(compared(goOn, goOn))
	one.Observe(compared(goOn, sayNo))
	apart := compared(goOn, sayNo)
	apart.Apart = "asked usher:kv/v1.get"
	one.Observe(apart)
	crashed := compared(goOn, "")
	crashed.Shadowed = side(shadowDigest, "", "trap")
	later := compared(goOn, goOn)
	later.Release = 3
	two.Observe(crashed)
	two.Observe(later)
	stranger := compared(goOn, sayNo)
	stranger.Served.Digest = strings.Repeat("cc", 32)
	two.Observe(stranger)
	for _, s := range []*release.Shadows{one, two, one} { // again, and nothing counts twice
		written(t, s)
	}
	copies["p"] = 5
	written(t, one)

	list, err := two.Standing(t.Context(), shadowing(servedDigest))
	if err != nil || len(list) != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	got := list[0]
	want := core.ShadowCounts{Calls: 5, Agreed: 2, Differed: 2, NotComparable: map[string]int64{"asked usher:kv/v1.get": 1}, Dropped: 5, ShadowFailures: 1}
	if !reflect.DeepEqual(got.Counts, want) || got.Plugin != "p" || got.Digest != shadowDigest || got.Against != servedDigest {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if got.Served.Calls() != 5 || got.Shadowed.FuelMean() != 100 || got.Shadowed.Memory != 1<<16 {
		t.Errorf("served %+v, shadowed %+v", got.Served, got.Shadowed)
	}
	differences, err := one.Differences(t.Context(), shadowDigest, 10)
	if err != nil || len(differences) != 3 {
		t.Fatalf("%+v, %v", differences, err)
	}
	for _, d := range differences {
		if d.Hook != "signup.validate" || d.Served.Outcome != "continue" || d.Time.IsZero() || strings.Contains(fmt.Sprintf("%+v", d), "canary") {
			t.Errorf("%+v", d)
		}
		switch {
		case d.Shadowed.Failure == "trap" && len(d.Members) == 0:
		case d.Shadowed.Outcome == "deny" && d.Shadowed.Errors[0] == core.PluginFieldError{Field: "email", Code: "blocked"} && strings.Join(d.Members, " ") == "outcome data.slug errors":
		default:
			t.Errorf("%+v", d)
		}
	}
	if list, err := one.Standing(t.Context(), core.PluginRelease{}); err != nil || len(list) != 0 {
		t.Errorf("of no release: %+v, %v", list, err)
	}
	if n, err := store.PurgeShadows(t.Context()); err != nil || n != 0 {
		t.Errorf("purged %d, %v", n, err)
	}
}

// Of each shadow the last differences are kept, and no more.
func TestDifferencesAreBounded(t *testing.T) {
	t.Parallel()
	store := storetest.Open(t)
	s := shadows(t, store, nil)
	for range 2 {
		for range 150 {
			s.Observe(compared(goOn, sayNo))
		}
		other := compared(goOn, sayNo)
		other.Shadowed.Digest = servedDigest
		s.Observe(other)
		written(t, s)
	}
	for digest, want := range map[string]int{shadowDigest: 200, servedDigest: 2} {
		if list, err := s.Differences(t.Context(), digest, 1000); err != nil || len(list) != want {
			t.Errorf("%d kept, want %d, %v", len(list), want, err)
		}
	}
	list, err := s.Standing(t.Context(), shadowing(""))
	if err != nil || list[0].Counts.Differed != 300 || list[0].Against != servedDigest {
		t.Errorf("%+v, %v", list, err)
	}
}

// away is a store that does not answer the first time.
type away struct {
	release.ShadowStore
	asked int
	kept  []core.ShadowTally
}

func (a *away) SayShadows(_ context.Context, list []core.ShadowTally) error {
	if a.asked++; a.asked == 1 {
		return errors.New("away")
	}
	a.kept = append(a.kept, list...)
	return nil
}

func (a *away) AddPluginDifferences(context.Context, []core.PluginDifference, int) error { return nil }

// What the database did not take is told the next time.
func TestShadowsAreToldAgain(t *testing.T) {
	t.Parallel()
	a := &away{}
	s := shadows(t, a, nil)
	s.Observe(compared(goOn, goOn))
	for range 3 {
		written(t, s)
	}
	if len(a.kept) != 1 || a.kept[0].Counts.Agreed != 1 {
		t.Errorf("%+v", a.kept)
	}
}
