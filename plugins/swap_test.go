package plugins_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/plugins"
	. "github.com/usher-id/usher/plugins/internal/assemble" //nolint:revive // an assembler reads best unqualified
)

// given is a source by its digest alone, as a release of a ledger has it.
func given(s plugins.Source) plugins.Source {
	facts, err := plugins.Inspect(s.Wasm)
	if err != nil {
		panic(err)
	}
	wasm := s.Wasm
	s.Wasm, s.Digest, s.Fetch = nil, facts.Digest, func(context.Context) ([]byte, error) { return wasm, nil }
	return s
}

// pair are two releases, each of which keeps the versions of the other.
func pair(one, two plugins.Source) (a, b plugins.Release) {
	one, two = given(one), given(two)
	a, b = releaseOf(1, one), releaseOf(2, two)
	a.Earlier, b.Earlier = earlier(releaseOf(2, two)), earlier(releaseOf(1, one))
	return a, b
}

// failingAtFirst says in its warm-up that it fails, which is logged while it is made.
func failingAtFirst() []byte {
	m := &Module{}
	read, write, fail := m.Core(hostapi.FuncInputRead), m.Core(hostapi.FuncOutputWrite), m.Core(hostapi.FuncFail)
	m.Memory(1).Data(0, []byte(`{"outcome":"continue"}`))
	return m.Hook(validate, 1, Code(
		Int(900), Int(len(`{"abi":"usher/v1","hook":"signup.validate","call_id":"`)), Int(1), Op(Call, read, Drop),
		Int(900), Op(I32Load8, 0, 0), Int('w'), Op(I32Ne, I32Eqz, If, Void), Int(0), Int(4), Op(Call, fail), Int(1), Op(Return, End),
		Int(0), Int(22), Op(Call, write, Drop), Int(0))...).Wasm()
}

// A swap to what is live already goes on while another release is in the compiler.
func TestSwapWhileAnotherCompiles(t *testing.T) {
	t.Parallel()
	begun, goOn := make(chan struct{}), make(chan struct{})
	inside := onLine{"plugin failed its warm-up", func() {
		close(begun)
		<-goOn
	}}
	e := quickEngine(t, plugins.Deps{Log: slog.New(slog.NewTextHandler(inside, nil))})
	one, two := pair(named("one"), named("two"))
	prepare(t, e, one).Commit()
	made := make(chan error, 1)
	go func() {
		ready, err := e.Prepare(context.Background(), releaseOf(9, plugins.Source{Name: "guest", Wasm: failingAtFirst()}))
		if err == nil {
			ready.Commit()
		}
		made <- err
	}()
	<-begun
	for n := range 4 {
		r := []plugins.Release{two, one}[n%2]
		prepare(t, e, r).Commit()
		if e.Number() != r.Number {
			t.Errorf("it is at %d, want %d", e.Number(), r.Number)
		}
	}
	select {
	case err := <-made:
		t.Fatalf("the other was done: %v", err)
	default:
	}
	close(goOn)
	if err := <-made; err != nil || e.Number() != 9 {
		t.Errorf("the other: %v, at %d", err, e.Number())
	}
}

// Two that want one version have it made once; when who makes it gives up, the other does.
func TestVersionThatTwoWant(t *testing.T) {
	t.Parallel()
	var log syncBuffer
	e := quickEngine(t, plugins.Deps{Log: slog.New(slog.NewTextHandler(&log, nil))})
	source := given(named("one"))
	fetching, first := make(chan struct{}), source
	first.Fetch = func(ctx context.Context) ([]byte, error) {
		close(fetching)
		<-ctx.Done()
		return nil, ctx.Err()
	}
	ctx, giveUp := context.WithCancel(t.Context())
	gaveUp := make(chan error, 1)
	go func() {
		_, err := e.Prepare(ctx, releaseOf(1, first))
		gaveUp <- err
	}()
	<-fetching
	var others sync.WaitGroup
	for range 4 {
		others.Go(func() {
			ready, err := e.Prepare(t.Context(), releaseOf(2, source))
			if err != nil {
				t.Error(err)
				return
			}
			ready.Commit()
		})
	}
	giveUp()
	if err := <-gaveUp; !errors.Is(err, context.Canceled) {
		t.Errorf("who gave up: %v", err)
	}
	others.Wait()
	if n := strings.Count(log.String(), `msg="plugin loaded"`); n != 1 {
		t.Errorf("it was made %d times", n)
	}
}

// A version that is live is found by what is given for it; anything else makes another.
func TestWhatIsLiveIsNotFetched(t *testing.T) {
	t.Parallel()
	e := quickEngine(t, plugins.Deps{})
	var fetched int
	source := given(named("one"))
	again := source.Fetch
	source.Fetch = func(ctx context.Context) ([]byte, error) {
		fetched++
		return again(ctx)
	}
	for n, row := range []struct {
		change func(*plugins.Source)
		want   int
	}{
		{func(*plugins.Source) {}, 1},
		{func(*plugins.Source) {}, 1},
		{func(s *plugins.Source) { s.Config = []byte(`{"a":1}`) }, 2},
		{func(s *plugins.Source) { s.Limits.WallMS = 77 }, 3},
		{func(s *plugins.Source) { s.Hooks = []hostapi.Hook{validate} }, 4},
		{func(s *plugins.Source) { s.Grants.KV = true }, 5},
		{func(s *plugins.Source) { s.Name = "other" }, 6},
		{func(s *plugins.Source) { s.Name = "other" }, 6},
	} {
		next := source
		row.change(&next)
		r := releaseOf(int64(n+1), next)
		r.Warm = []plugins.Source{source}
		prepare(t, e, r).Commit()
		if fetched != row.want {
			t.Errorf("step %d: fetched %d times, want %d", n, fetched, row.want)
		}
	}
}

// A thousand swaps between two releases under eight callers: no call fails, nothing is
// compiled again, and nothing is left over.
func TestThousandSwaps(t *testing.T) {
	t.Parallel()
	var log syncBuffer
	e := newEngineWith(t, plugins.Deps{Log: slog.New(slog.NewTextHandler(&log, nil))}, plugins.Config{Instances: 8, IdleAfter: 10 * time.Millisecond, Limits: patient()})
	one, two := pair(named("one"), named("two"))
	prepare(t, e, one).Commit()
	var callers sync.WaitGroup
	var calls, failures atomic.Int64
	ctx, stop := context.WithCancel(context.Background())
	for caller := range 8 {
		callers.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				c := plugins.Call{Hook: validate, Data: []byte(`{}`), RunID: fmt.Sprint(caller, n), Release: e.Number()}
				want := map[int64]string{1: "one", 2: "two"}[c.Release]
				for range 3 { // a run goes on as it began, whatever is swapped meanwhile
					calls.Add(1)
					if answer, err := e.Call(context.Background(), c); err != nil || !strings.Contains(string(answer.Output), want) {
						failures.Add(1)
						t.Errorf("a run of release %d: %s, %v", c.Release, answer.Output, err)
						return
					}
				}
			}
		})
	}
	for n := 0; (n < 1000 || calls.Load() < 2000) && failures.Load() == 0; n++ {
		prepare(t, e, []plugins.Release{two, one}[n%2]).Commit()
	}
	stop()
	callers.Wait()
	t.Logf("%d calls", calls.Load())
	if n := failures.Load(); n != 0 {
		t.Errorf("%d of %d calls failed", n, calls.Load())
	}
	if loaded, closed := strings.Count(log.String(), `msg="plugin loaded"`), strings.Count(log.String(), "plugin closed"); loaded != 2 || closed != 0 {
		t.Errorf("%d versions were made and %d closed", loaded, closed)
	}
	(&scene{engine: e}).settle(t, 2) // to one instance each
	if list := e.Status(); len(list) != 2 || list[0].Role != plugins.RoleServing || list[1].Role != plugins.RoleEarlier {
		t.Errorf("status %+v", list)
	}
	if err := e.Close(t.Context()); err != nil { // which waits for every set of all the swaps
		t.Error(err)
	}
	if n := strings.Count(log.String(), "plugin closed"); n != 2 {
		t.Errorf("%d versions are closed in the end", n)
	}
}
