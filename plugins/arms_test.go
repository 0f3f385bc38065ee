package plugins_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/plugins"
	. "github.com/usher-id/usher/plugins/internal/assemble" //nolint:revive // an assembler reads best unqualified
)

// named is the source of a version that answers with a slug of its own.
func named(slug string) plugins.Source { return plugins.Source{Name: "guest", Wasm: saying(slug)} }

func releaseOf(number int64, serving plugins.Source, candidates ...plugins.Candidate) plugins.Release {
	return plugins.Release{Number: number, Sources: []plugins.Source{serving}, Candidates: candidates}
}

// earlier is what a release is for those that follow it.
func earlier(list ...plugins.Release) (all []plugins.Earlier) {
	for _, r := range list {
		all = append(all, plugins.Earlier{Number: r.Number, Sources: r.Sources, Candidates: r.Candidates})
	}
	return all
}

func quickEngine(t testing.TB, d plugins.Deps) *plugins.Engine {
	t.Helper()
	return newEngineWith(t, d, plugins.Config{Limits: patient()})
}

// who gives the slug that the guest of a call answered with.
func who(t testing.TB, e *plugins.Engine, c plugins.Call) string {
	t.Helper()
	c.Hook, c.Data = validate, []byte(`{}`)
	answer, err := e.Call(t.Context(), c)
	if err != nil {
		t.Fatalf("run %s: %v", c.RunID, err)
	}
	_, slug, _ := strings.Cut(string(answer.Output), `"slug":"`)
	slug, _, _ = strings.Cut(slug, `"`)
	return slug
}

// A candidate answers for its share of the runs, the same ones on every host, a greater
// share keeps those of the smaller one, and the next candidate begins with others.
func TestShareOfACandidate(t *testing.T) {
	t.Parallel()
	const runs = 10_000
	var engines []*plugins.Engine
	for _, r := range []plugins.Release{
		releaseOf(1, named("old"), plugins.Candidate{Source: named("new"), Percent: 10}),
		releaseOf(1, named("old"), plugins.Candidate{Source: named("new"), Percent: 10}),
		releaseOf(1, named("old"), plugins.Candidate{Source: named("new"), Percent: 25}),
		releaseOf(1, named("old"), plugins.Candidate{Source: named("other"), Percent: 10}),
	} {
		e := quickEngine(t, plugins.Deps{})
		prepare(t, e, r).Commit()
		engines = append(engines, e)
	}
	var count [4]int
	both := 0
	for n := range runs {
		c := plugins.Call{RunID: fmt.Sprintf("01900000-0000-7000-8000-%012d", n), TenantID: "t", ActorID: "a"}
		var got [4]string
		for i, e := range engines {
			if got[i] = who(t, e, c); got[i] != "old" {
				count[i]++
			}
		}
		if got[0] != got[1] || got[0] == "new" && got[2] != "new" {
			t.Fatalf("run %d: %v", n, got)
		}
		if got[0] == "new" && got[3] == "other" {
			both++
		}
	}
	for i, share := range []float64{0.1, 0.1, 0.25, 0.1} {
		if sigma := math.Sqrt(runs * share * (1 - share)); math.Abs(float64(count[i])-runs*share) > 4*sigma {
			t.Errorf("%d of %d runs, want %.0f %%", count[i], runs, 100*share)
		}
	}
	if both < 50 || both > 160 { // 1 % of the runs, not 10 %
		t.Errorf("%d runs are both candidates'", both)
	}
}

// Whom a bucket belongs to: the run, or the tenant, or the actor; chance where nobody is known.
func TestWhoseBucket(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		byTenant bool
		call     func(n int) plugins.Call
		sides    int // that the calls fall to
	}{
		"runs":                  {false, func(n int) plugins.Call { return plugins.Call{RunID: fmt.Sprint(n), TenantID: "t"} }, 2},
		"a run":                 {false, func(n int) plugins.Call { return plugins.Call{RunID: "r", TenantID: fmt.Sprint(n)} }, 1},
		"tenants":               {true, func(n int) plugins.Call { return plugins.Call{RunID: "r", TenantID: fmt.Sprint(n)} }, 2},
		"a tenant":              {true, func(n int) plugins.Call { return plugins.Call{RunID: fmt.Sprint(n), TenantID: "t"} }, 1},
		"an actor of no run":    {false, func(n int) plugins.Call { return plugins.Call{ActorID: "a", TenantID: fmt.Sprint(n)} }, 1},
		"an actor of no tenant": {true, func(int) plugins.Call { return plugins.Call{ActorID: "a"} }, 1},
		"a run of no tenant":    {true, func(int) plugins.Call { return plugins.Call{RunID: "r"} }, 1},
		"nobody":                {false, func(int) plugins.Call { return plugins.Call{} }, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := quickEngine(t, plugins.Deps{})
			prepare(t, e, releaseOf(1, named("old"), plugins.Candidate{Source: named("new"), Percent: 50, ByTenant: row.byTenant})).Commit()
			seen := map[string]bool{}
			for n := range 200 {
				seen[who(t, e, row.call(n))] = true
			}
			if len(seen) != row.sides {
				t.Errorf("answered by %v", seen)
			}
		})
	}
}

// A run keeps the versions that it began with through swaps and a rollback, its
// candidate too, until it is revoked.
func TestRunsKeepTheirRelease(t *testing.T) {
	t.Parallel()
	e := quickEngine(t, plugins.Deps{})
	one := releaseOf(1, named("one"))
	two := releaseOf(2, named("two"), plugins.Candidate{Source: named("three"), Percent: 100})
	three := releaseOf(3, named("three"))
	back := releaseOf(4, named("one"))
	sees := func(want map[int64]string) {
		t.Helper()
		for release, slug := range want {
			if got := who(t, e, plugins.Call{RunID: "r", Release: release}); got != slug {
				t.Errorf("under %d a run of release %d is answered by %s, want %s", e.Number(), release, got, slug)
			}
		}
	}
	prepare(t, e, one).Commit()
	sees(map[int64]string{0: "one", 1: "one", 9: "one"})
	two.Earlier = earlier(one)
	prepare(t, e, two).Commit()
	sees(map[int64]string{0: "three", 1: "one", 2: "three"})
	three.Earlier = earlier(one, two)
	prepare(t, e, three).Commit()
	sees(map[int64]string{0: "three", 1: "one", 2: "three", 3: "three"})
	back.Earlier = earlier(two, three) // the first is revoked
	prepare(t, e, back).Commit()
	sees(map[int64]string{0: "one", 1: "one", 2: "three", 3: "three", 4: "one"})
	back.Number, back.Earlier = 5, nil
	prepare(t, e, back).Commit()
	sees(map[int64]string{0: "one", 2: "one", 3: "one", 4: "one"})
	if e.Number() != 5 {
		t.Errorf("it is at %d", e.Number())
	}
}

// What an earlier release does not have is asked as it is now, and what only it has is
// not asked.
func TestEarlierReleaseWithoutThePlugin(t *testing.T) {
	t.Parallel()
	var seen asked
	e := quickEngine(t, plugins.Deps{Observe: seen.observe})
	elsewhere := (&Module{}).Memory(1).Hook(hostapi.HookEventDeliver, 0, Int(0)...).Wasm()
	prepare(t, e, plugins.Release{
		Number: 2, Sources: []plugins.Source{{Name: "a", Wasm: saying("new")}, {Name: "b", Wasm: saying("new")}},
		Earlier: []plugins.Earlier{{Number: 1, Sources: []plugins.Source{{Name: "b", Wasm: elsewhere}, {Name: "c", Wasm: saying("gone")}}}},
	}).Commit()
	if got := who(t, e, plugins.Call{Release: 1}); got != "new" || seen.take() != "a b" {
		t.Errorf("answered by %q", got)
	}
}

// A version that runs began with and that cannot be had any more, such as one whose key was
// retired, holds nobody up: those runs go on with what serves, its candidate left out with it.
func TestEarlierVersionThatIsGone(t *testing.T) {
	t.Parallel()
	e := quickEngine(t, plugins.Deps{})
	broken := plugins.Source{Name: "guest", Wasm: []byte("x")}
	lost := releaseOf(1, broken, plugins.Candidate{Source: named("b"), Percent: 100})
	half := releaseOf(2, named("half"), plugins.Candidate{Source: broken, Percent: 100})
	prepare(t, e, plugins.Release{Number: 3, Sources: []plugins.Source{named("now")}, Earlier: earlier(lost, half)}).Commit()
	for release, want := range map[int64]string{1: "now", 2: "half", 3: "now"} {
		if got := who(t, e, plugins.Call{RunID: "r", Release: release}); got != want {
			t.Errorf("a run of release %d is answered by %s, want %s", release, got, want)
		}
	}
}

// Where candidates are optional one that cannot be made is left out and told, and what serves
// answers for its share; what serves is never optional.
func TestCandidateThatIsLeftOut(t *testing.T) {
	t.Parallel()
	e := quickEngine(t, plugins.Deps{})
	broken := plugins.Source{Name: "guest", Wasm: []byte("x")}
	r := releaseOf(1, named("now"), plugins.Candidate{Source: broken, Percent: 100}, plugins.Candidate{Source: named("shade"), Shadow: true})
	r.Optional = true
	ready := prepare(t, e, r)
	if left := ready.LeftOut(); len(left) != 1 || left[0].Plugin != "guest" || len(left[0].Digest) != 64 || left[0].Cause == nil {
		t.Errorf("left out are %+v", left)
	}
	ready.Commit()
	if got := who(t, e, plugins.Call{RunID: "r"}); got != "now" {
		t.Errorf("answered by %s", got)
	}
	if roles := rolesOf(e); !slices.Equal(roles, []plugins.Role{plugins.RoleServing, plugins.RoleShadow}) {
		t.Errorf("loaded are %v", roles)
	}
	r = releaseOf(2, broken)
	r.Optional = true
	if _, err := e.Prepare(t.Context(), r); err == nil {
		t.Error("what serves was left out")
	}
}

// What is wrong with the versions beside those that serve.
func TestReleasesThatAreRefused(t *testing.T) {
	t.Parallel()
	e := quickEngine(t, plugins.Deps{})
	broken := plugins.Source{Name: "guest", Wasm: []byte("x")}
	digest := strings.Repeat("ab", 32)
	fetched := func(wasm []byte, err error) plugins.Source {
		return plugins.Source{Name: "guest", Digest: digest, Fetch: func(context.Context) ([]byte, error) { return wasm, err }}
	}
	for _, row := range []struct {
		release plugins.Release
		says    string
	}{
		{releaseOf(1, named("a"), plugins.Candidate{Source: named("b"), Percent: 101}), "plugin guest: its candidate: percent: 101 is outside of 0 to 100"},
		{releaseOf(1, named("a"), plugins.Candidate{Source: named("b"), Percent: math.NaN()}), "percent: NaN"},
		{releaseOf(1, named("a"), plugins.Candidate{Source: named("b"), Percent: 1, Shadow: true}), "a shadow answers for nobody"},
		{releaseOf(1, named("a"), plugins.Candidate{Source: named("b")}, plugins.Candidate{Source: named("c")}), "there is another"},
		{releaseOf(1, named("a"), plugins.Candidate{Source: plugins.Source{Name: "x", Wasm: saying("x")}}), "plugin x: its candidate: no plugin of that name is loaded"},
		{releaseOf(1, named("a"), plugins.Candidate{Source: broken}), "plugin guest: its candidate: "},
		{plugins.Release{Number: 2, Sources: []plugins.Source{named("a")}, Earlier: earlier(releaseOf(2, named("a")))}, "earlier release 2: its number is zero or taken"},
		{releaseOf(1, fetched(saying("a"), nil)), "and " + digest + " was expected"},
		{releaseOf(1, fetched(nil, errors.New("the store is down"))), "fetch the module " + digest + ": the store is down"},
		{releaseOf(1, plugins.Source{Name: "guest", Digest: digest}), "give Wasm or Fetch"},
	} {
		_, err := e.Prepare(t.Context(), row.release)
		if err == nil || !strings.Contains(err.Error(), row.says) {
			t.Errorf("got %v, want %s", err, row.says)
		}
	}
	prepare(t, e, plugins.Release{Sources: []plugins.Source{named("a")}, Warm: []plugins.Source{broken, named("b")}}).Commit()
	if roles := rolesOf(e); !slices.Equal(roles, []plugins.Role{plugins.RoleServing, plugins.RoleWarm}) {
		t.Errorf("loaded are %v", roles)
	}
}

func rolesOf(e *plugins.Engine) (roles []plugins.Role) {
	for _, s := range e.Status() {
		roles = append(roles, s.Role)
	}
	return roles
}

// The failure of a candidate is not the caller's, but where plugins call out; a
// candidate that fails too often is no longer asked.
func TestCandidateThatFails(t *testing.T) {
	t.Parallel()
	var log syncBuffer
	var mu sync.Mutex
	var seen []plugins.Observation
	observe := func(_ context.Context, o plugins.Observation) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, o)
	}
	e := newEngineWith(t, plugins.Deps{Log: slog.New(slog.NewTextHandler(&log, nil)), Observe: observe},
		plugins.Config{Limits: patient(), Breaker: plugins.BreakerConfig{Failures: 3, Every: time.Hour}})
	prepare(t, e, releaseOf(7, named("old"), plugins.Candidate{Source: plugins.Source{Name: "guest", Wasm: trapping()}, Percent: 100})).Commit()
	for n := range 5 {
		if got := who(t, e, plugins.Call{RunID: "r"}); got != "old" {
			t.Fatalf("call %d is answered by %q", n, got)
		}
	}
	if len(seen) != 3+5 { // the breaker opens after three
		t.Fatalf("observed %+v", seen)
	}
	if o := seen[0]; o.Role != plugins.RoleCandidate || o.Failure != plugins.Trap || o.Release != 7 || o.Run != "r" {
		t.Errorf("the candidate's failure: %+v", o)
	}
	if o := seen[1]; o.Role != plugins.RoleServing || o.Failure != "" || o.Release != 7 {
		t.Errorf("the answer: %+v", o)
	}
	expectText(t, log.String(), "plugin candidate failed, the version that serves is asked")
	arms := e.Links()[0].Arms
	if len(arms) != 2 || arms[0].BreakerOpen || !arms[1].BreakerOpen || arms[1].Role != plugins.RoleCandidate || arms[1].Percent != 100 || arms[1].Release != 7 {
		t.Errorf("the arms are %+v", arms)
	}
}

// Where plugins call out the binding says what a failure means.
func TestCandidateThatFailsCallingOut(t *testing.T) {
	t.Parallel()
	e := quickEngine(t, plugins.Deps{})
	at := func(code ...byte) plugins.Source {
		m := &Module{}
		read, write := m.Core(hostapi.FuncInputRead), m.Core(hostapi.FuncOutputWrite)
		m.Memory(1).Data(0, []byte(`{"outcome":"continue"}`))
		return plugins.Source{Name: "guest", Wasm: m.Hook(deliver, 1, Code(
			Int(900), Int(len(`{"abi":"usher/v1","hook":"event.deliver","call_id":"`)), Int(1), Op(Call, read, Drop),
			Int(900), Op(I32Load8, 0, 0), Int('w'), Op(I32Ne, If, Void), code, Op(End),
			Int(0), Int(22), Op(Call, write, Drop), Int(0))...).Wasm()}
	}
	prepare(t, e, releaseOf(1, at(), plugins.Candidate{Source: at(Unreachable), Percent: 100})).Commit()
	_, err := e.Call(t.Context(), plugins.Call{Hook: deliver, Data: []byte(`{}`), RunID: "r"})
	expectFailure(t, err, plugins.Trap, "")
}

// A guest's breaker is its own in every role: a candidate that failed is known to when it serves.
func TestBreakerThroughRoles(t *testing.T) {
	t.Parallel()
	e := newEngineWith(t, plugins.Deps{}, plugins.Config{Limits: patient(), Breaker: plugins.BreakerConfig{Failures: 1, Every: time.Hour}})
	bad := plugins.Source{Name: "guest", Wasm: trapping()}
	first := releaseOf(1, named("old"), plugins.Candidate{Source: bad, Percent: 100})
	prepare(t, e, first).Commit()
	who(t, e, plugins.Call{RunID: "r"})
	prepare(t, e, plugins.Release{Number: 2, Sources: []plugins.Source{bad}, Earlier: earlier(first)}).Commit()
	if arms := e.Links()[0].Arms; len(arms) != 3 || !arms[0].BreakerOpen || arms[1].BreakerOpen || !arms[2].BreakerOpen {
		t.Errorf("the arms are %+v", arms)
	}
}

// Spans and observations say which version of which release was asked, and what left.
func TestWhatIsObserved(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("hello")) })
	spans, seen := tracetest.NewSpanRecorder(), []plugins.Observation{}
	e := newEngineWith(t, plugins.Deps{
		Tracer:  sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans)).Tracer(""),
		Observe: func(_ context.Context, o plugins.Observation) { seen = append(seen, o) },
	}, plugins.Config{})
	source := plugins.Source{Name: "asking", Grants: granted(s.URL), Limits: roomyLimits(), Wasm: asking(t, origins(s.URL), deliver, get(s.URL),
		fetch(hostapi.HTTPRequest{Method: "POST", URL: s.URL, Body: "12345678"}))}
	other := source
	other.Config = []byte(`{"other":true}`)
	prepare(t, e, plugins.Release{
		Number: 8, Sources: []plugins.Source{other}, Earlier: earlier(releaseOf(7, other, plugins.Candidate{Source: source, Percent: 100})),
	}).Commit()
	answers(t, e, plugins.Call{RunID: "r", Release: 7})
	if o := seen[0]; len(seen) != 1 || o.Role != plugins.RoleCandidate || o.Release != 7 || o.Run != "r" || o.CallsOut != 2 || o.Egress != 5+8+5 {
		t.Errorf("%+v", seen)
	}
	for _, span := range spans.Ended() {
		if span.Name() == "plugin.call" {
			if !hasAttribute(span.Attributes(), "usher.plugin.role", "candidate") || !slices.Contains(span.Attributes(), attribute.Int64("usher.plugin.release", 7)) {
				t.Errorf("the span has %v", span.Attributes())
			}
			return
		}
	}
	t.Error("there is no span plugin.call")
}
