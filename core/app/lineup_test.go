package app_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"go.opentelemetry.io/otel/trace/noop"

	"github.com/usher-id/usher/config"
	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/app"
	"github.com/usher-id/usher/core/release"
	"github.com/usher-id/usher/plugins"
	"github.com/usher-id/usher/tests/cguest"
)

// shop has versions of the plugin gate, by their digests.
type shop struct {
	mu      sync.Mutex
	modules map[string][]byte
	fails   map[string]error
	fetched map[string]int
}

// newShop makes that many versions, and a host that can load them.
func newShop(t *testing.T, versions int) (*shop, app.Lineup, []string) {
	t.Helper()
	s := &shop{modules: map[string][]byte{}, fails: map[string]error{}, fetched: map[string]int{}}
	guest := cguest.Build(t, "../../tests/drills/testdata/gate.c")
	var digests []string
	for n := range versions {
		wasm, err := plugins.Pack(guest, fmt.Appendf(nil, `{"name": "gate", "version": "%d.0.0", "hooks": {"signup.validate": {"fields": []}}}`, n+1))
		must(t, err)
		facts, err := plugins.Inspect(wasm)
		must(t, err)
		s.modules[facts.Digest] = wasm
		digests = append(digests, facts.Digest)
	}
	engine, err := plugins.New(plugins.Deps{Log: slog.New(slog.DiscardHandler), Tracer: noop.NewTracerProvider().Tracer("")}, plugins.Config{})
	must(t, err)
	t.Cleanup(func() { _ = engine.Close(context.Background()) })
	return s, app.NewLineup(engine, s.fetch), digests
}

func (s *shop) fetch(digest string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fetched[digest]++
	return s.modules[digest], s.fails[digest]
}

func (s *shop) fail(digest string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fails[digest] = err
}

func (s *shop) fetches(digest string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fetched[digest]
}

// releaseOf is a release that serves, of one plugin.
func releaseOf(number int64, digest string, candidate *core.PluginCandidate) release.Target {
	return release.Target{Release: core.PluginRelease{
		Number: number, Kind: core.ReleaseCanary, State: core.ReleaseServing,
		Content: core.ReleaseContent{Plugins: []core.ReleasedPlugin{{Name: "gate", Digest: digest, Candidate: candidate}}},
	}}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func serve(t *testing.T, l app.Lineup, target release.Target) {
	t.Helper()
	ready, err := l.Prepare(t.Context(), target)
	must(t, err)
	ready.Commit()
}

// TestTwoChangesAtOnce: a release that comes to serve while the configuration changes is put
// together with it; where that fails it is known, and the next reload of the same file, or the
// replica, mends it.
func TestTwoChangesAtOnce(t *testing.T) {
	t.Parallel()
	configured := func(level int) config.Plugins {
		return config.Plugins{Load: []config.Plugin{{Name: "gate", Config: map[string]any{"level": level}}}}
	}
	for name, mend := range map[string]func(*testing.T, app.Lineup, release.Target){
		"reload":  func(t *testing.T, l app.Lineup, _ release.Target) { must(t, l.Reload(t.Context(), configured(2))) },
		"replica": serve,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stock, l, digests := newShop(t, 2)
			must(t, l.Reload(t.Context(), configured(1)))
			serve(t, l, releaseOf(1, digests[0], nil))
			next := releaseOf(2, digests[1], nil)
			ready, err := l.Prepare(t.Context(), next)
			must(t, err)
			must(t, l.Reload(t.Context(), configured(2)))
			stock.fail(digests[1], errors.New("the database is away"))
			ready.Commit()
			if err := <-l.Failed; !strings.Contains(err.Error(), "the database is away") {
				t.Errorf("failed: %v", err)
			}
			if err := l.Whole(); err == nil || len(l.Trouble()) != 1 || !strings.Contains(l.Trouble()[0], "the database is away") {
				t.Errorf("nobody knows: %v, %q", err, l.Trouble())
			}
			if err := l.Reload(t.Context(), configured(2)); err == nil || l.Whole() == nil {
				t.Errorf("a reload says that all is well: %v", err)
			}
			stock.fail(digests[1], nil)
			before := stock.fetches(digests[1])
			mend(t, l, next)
			if n := stock.fetches(digests[1]) - before; n != 1 || l.Whole() != nil || len(l.Trouble()) > 0 {
				t.Errorf("loaded %d times: %v, %q", n, l.Whole(), l.Trouble())
			}
		})
	}
}

// TestCandidateThatCannotBeHad keeps no host from what serves, and no reload from anything else;
// before a release serves it fails it.
func TestCandidateThatCannotBeHad(t *testing.T) {
	t.Parallel()
	stock, l, digests := newShop(t, 2)
	target := releaseOf(2, digests[0], &core.PluginCandidate{Digest: digests[1], Percent: 10})
	stock.fail(digests[1], errors.New("its key is not trusted"))
	coming := target
	coming.Release.State = core.ReleasePreparing
	if _, err := l.Prepare(t.Context(), coming); err == nil || !strings.Contains(err.Error(), "its key is not trusted") {
		t.Errorf("a release that is prepared: %v", err)
	}
	serve(t, l, target)
	if got := l.Trouble(); l.Digests()["gate"] != digests[0] || len(got) != 1 || !strings.Contains(got[0], digests[1][:12]) || !strings.Contains(got[0], "not trusted") {
		t.Errorf("%v serves, %q", l.Digests(), got)
	}
	must(t, l.Reload(t.Context(), config.Plugins{Load: []config.Plugin{{Name: "gate", Config: map[string]any{"level": 1}}}}))
	stock.fail(digests[1], nil)
	serve(t, l, target)
	if got := l.Trouble(); len(got) > 0 {
		t.Errorf("it can be had again: %q", got)
	}
	target.Barred = []string{digests[1]}
	serve(t, l, target)
	if got := l.Trouble(); len(got) != 1 || !strings.Contains(got[0], "usher plugin withdraw gate") {
		t.Errorf("it is quarantined: %q", got)
	}
	if _, err := l.Prepare(t.Context(), releaseOf(3, strings.Repeat("ab", 32), nil)); err == nil {
		t.Error("what serves is optional")
	}
}
