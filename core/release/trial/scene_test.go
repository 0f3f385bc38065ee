package trial_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/release"
	"github.com/usher-id/usher/core/release/cost"
	"github.com/usher-id/usher/core/release/guard"
	"github.com/usher-id/usher/core/release/trial"
	"github.com/usher-id/usher/core/store"
	"github.com/usher-id/usher/tests/pgtest"
	"github.com/usher-id/usher/tests/storetest"
)

const hook = "signup.validate"

func digest(letter string) string { return strings.Repeat(letter, 64) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// shelf has versions of one plugin: a is 1.0.0, b is 2.0.0.
type shelf struct{}

func (shelf) Find(_ context.Context, name string) (core.PluginVersion, error) {
	for letter, version := range map[string]string{"a": "1.0.0", "b": "2.0.0", "c": "3.0.0"} {
		if name == digest(letter) || name == "gate@"+version {
			return core.PluginVersion{Digest: digest(letter), Plugin: "gate", Version: version, Status: core.VersionGood, Size: 1000}, nil
		}
	}
	return core.PluginVersion{}, core.E(core.NotFound, "There is no such version.")
}

func (shelf) Labels(context.Context, []string) (map[string]string, error) { return nil, nil }

func (s shelf) Fetch(ctx context.Context, digest string) ([]byte, core.PluginVersion, error) {
	v, err := s.Find(ctx, digest)
	return nil, v, err
}

// scene is a database with replicas on it that take calls of a canary.
type scene struct {
	t        *testing.T
	store    *store.Store
	ledger   *release.Ledger
	replicas []*replica
	config   trial.Config
	run      int
}

type replica struct {
	counter *trial.Counter
	watch   *trial.Watch
	log     *bytes.Buffer
	told    []guard.Metric
	rests   bool // it does not act
}

func newScene(t *testing.T, replicas int) *scene {
	t.Helper()
	s := &scene{t: t, store: storetest.OpenAt(t, pgtest.New(t)), config: trial.Config{Every: time.Nanosecond}}
	for _, letter := range []string{"a", "b", "c"} {
		v, err := shelf{}.Find(t.Context(), digest(letter))
		must(t, err)
		v.Hooks, v.Manifest, v.PushedBy = []string{hook}, []byte("{}"), "ada"
		_, _, err = s.store.AddPluginVersion(t.Context(), v, []byte("\x00asm"))
		must(t, err)
	}
	for range replicas {
		s.join(s.store)
	}
	var err error
	s.ledger, err = release.NewLedger(release.LedgerDeps{
		Bindable: func([]core.ReleasedBinding, core.ReleaseContent) []core.FieldError { return nil },
		Store:    s.store, Versions: shelf{}, Lacks: func(core.PluginVersion) []string { return nil }, Gate: s.replicas[0].watch.Gate,
	})
	must(t, err)
	s.make(release.Change{Kind: core.ReleaseActivate, Version: "gate@1.0.0"})
	s.make(release.Change{Kind: core.ReleaseCanary, Version: "gate@2.0.0", Percent: 50})
	return s
}

func (s *scene) join(on trial.Store) *replica {
	r := &replica{counter: trial.NewCounter(core.NewID(time.Now())), log: &bytes.Buffer{}}
	var err error
	r.watch, err = trial.New(trial.Deps{
		Store: on, Versions: shelf{}, Counter: r.counter, Log: slog.New(slog.NewTextHandler(r.log, nil)),
		Acts:       func() bool { return !r.rests },
		RolledBack: func(_ context.Context, _ string, m guard.Metric) { r.told = append(r.told, m) },
	}, s.config)
	must(s.t, err)
	s.replicas = append(s.replicas, r)
	return r
}

// make makes a release that every replica serves.
func (s *scene) make(c release.Change) core.PluginRelease {
	s.t.Helper()
	c.Actor, c.Now = "ada", true
	made, err := s.ledger.Make(s.t.Context(), c)
	must(s.t, err)
	made = storetest.Serve(s.t, s.store, made)
	for _, r := range s.replicas {
		r.counter.Follow(made)
	}
	return made
}

func (s *scene) serving() core.PluginRelease {
	s.t.Helper()
	at, err := s.store.PluginLedger(s.t.Context())
	must(s.t, err)
	return at.Serving
}

// call is a call of a version at the hook; a run of its own unless it is named.
func (s *scene) call(r *replica, letter string, o guard.Outcome, change ...func(*trial.Call)) {
	s.run++
	c := trial.Call{
		Release: s.serving().Number, Plugin: "gate", Digest: digest(letter), Role: core.TallyServing, Hook: hook, ByRun: fmt.Sprint(s.run), Outcome: o,
		Cost: cost.Call{Took: 100 * time.Microsecond, Fuel: 1000, Memory: 65536},
	}
	if letter != "a" {
		c.Role = core.TallyCandidate
	}
	for _, f := range change {
		f(&c)
	}
	r.counter.Observe(c)
}

// calls are as many of both versions on a replica, with what came of those of the candidate.
func (s *scene) calls(r *replica, n int, o guard.Outcome) {
	for range n {
		s.call(r, "a", guard.Passed)
		s.call(r, "b", o)
	}
}

func (s *scene) flush(list ...*replica) {
	s.t.Helper()
	for _, r := range list {
		must(s.t, r.counter.Flush(s.t.Context(), s.store.SavePluginTallies))
	}
}

func (s *scene) look(r *replica) {
	s.t.Helper()
	must(s.t, r.watch.Look(s.t.Context()))
}

func (s *scene) standing() trial.Arms {
	s.t.Helper()
	list, err := s.replicas[0].watch.Standings(s.t.Context(), s.serving())
	must(s.t, err)
	if len(list) != 1 {
		s.t.Fatalf("%d trials", len(list))
	}
	return list[0].Hooks[hook]
}

// goBad has the candidate fail in every run until it is taken back.
func (s *scene) goBad() core.PluginRelease {
	s.t.Helper()
	for range 50 {
		if at := s.serving(); at.Automatic {
			return at
		}
		for _, r := range s.replicas {
			s.calls(r, 5, guard.Failed)
		}
		s.flush(s.replicas...)
		s.all()
	}
	s.t.Fatal("the candidate is not taken back")
	return core.PluginRelease{}
}

// all replicas look at once.
func (s *scene) all() {
	var looking sync.WaitGroup
	for _, r := range s.replicas {
		looking.Go(func() {
			if err := r.watch.Look(s.t.Context()); err != nil {
				s.t.Error(err)
			}
		})
	}
	looking.Wait()
}

// away is a store that is not reached while it is off.
type away struct {
	trial.Store
	off bool
}

var errAway = errors.New("no route to host")

func (a *away) RollBackPluginTrial(ctx context.Context, r core.PluginRelease, after int64, t core.PluginTrial) (core.PluginRelease, error) {
	if a.off {
		return core.PluginRelease{}, errAway
	}
	return a.Store.RollBackPluginTrial(ctx, r, after, t)
}
