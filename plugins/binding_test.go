package plugins_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/plugins"
	. "github.com/usher-id/usher/plugins/internal/assemble" //nolint:revive // an assembler reads best unqualified
)

// patient gives calls so much time that only what a test is about ends them.
func patient() hostapi.Limits { return hostapi.Limits{WallMS: 60_000} }

func prepare(t testing.TB, e *plugins.Engine, r plugins.Release) *plugins.Prepared {
	t.Helper()
	ready, err := e.Prepare(context.Background(), r)
	if err != nil {
		t.Fatalf("prepare: %v", err)
	}
	return ready
}

func loadBound(t testing.TB, e *plugins.Engine, sources []plugins.Source, bindings ...plugins.Binding) {
	t.Helper()
	prepare(t, e, plugins.Release{Sources: sources, Bindings: bindings}).Commit()
}

// saying answers with a slug of its own.
func saying(slug string) []byte {
	return answering([]byte(`{"outcome":"continue","data":{"slug":"` + slug + `"}}`))
}

func trapping() []byte { return misbehaving(func(*Module) []byte { return Op(Unreachable) }) }

// bound is a binding at signup.validate.
func bound(plugin string, change ...func(*plugins.Binding)) plugins.Binding {
	b := plugins.Binding{Hook: validate, Plugin: plugin, At: "bindings[" + plugin + "]"}
	for _, c := range change {
		c(&b)
	}
	return b
}

func goesOn(b *plugins.Binding) { b.OnFailure = plugins.OnFailure{Word: "open", GoOn: true} }
func stops(b *plugins.Binding)  { b.OnFailure = plugins.OnFailure{Word: "closed"} }
func off(b *plugins.Binding)    { b.Off = true }
func to(tenants ...string) func(*plugins.Binding) {
	return func(b *plugins.Binding) { b.Tenants = tenants }
}

// asked lists who is asked in a call, in their order.
type asked struct {
	mu   sync.Mutex
	seen []string
}

func (a *asked) observe(_ context.Context, o plugins.Observation) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.seen = append(a.seen, o.Plugin)
}

func (a *asked) take() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	list := strings.Join(a.seen, " ")
	a.seen = nil
	return list
}

// Who is asked in which calls, and what a failure on the way means.
func TestBindings(t *testing.T) {
	t.Parallel()
	sources := []plugins.Source{
		{Name: "a", Wasm: saying("a")}, {Name: "b", Wasm: saying("b")}, {Name: "deny", Wasm: answering([]byte(`{"outcome":"deny"}`))},
		{Name: "trap", Wasm: trapping()}, {Name: "nonsense", Wasm: answering([]byte(`nonsense`))},
	}
	for name, row := range map[string]struct {
		bindings []plugins.Binding
		tenant   string
		first    bool
		asked    string
		answered string // by whom
		fails    plugins.Kind
	}{
		"their own order":             {bindings: []plugins.Binding{bound("b"), bound("a")}, asked: "b a", answered: "a"},
		"none":                        {bindings: []plugins.Binding{}},
		"a denial ends it":            {bindings: []plugins.Binding{bound("a"), bound("deny"), bound("b")}, asked: "a deny", answered: "deny"},
		"first":                       {bindings: []plugins.Binding{bound("b"), bound("a")}, first: true, asked: "b", answered: "b"},
		"a failure ends it":           {bindings: []plugins.Binding{bound("a"), bound("trap", stops), bound("b")}, asked: "a trap", fails: plugins.Trap},
		"a failure is passed over":    {bindings: []plugins.Binding{bound("a"), bound("trap", goesOn), bound("b")}, asked: "a trap b", answered: "b"},
		"nonsense is passed over":     {bindings: []plugins.Binding{bound("nonsense", goesOn), bound("a")}, first: true, asked: "nonsense a", answered: "a"},
		"the last is passed over":     {bindings: []plugins.Binding{bound("a"), bound("trap", goesOn)}, asked: "a trap", answered: "a"},
		"all are passed over":         {bindings: []plugins.Binding{bound("trap", goesOn), bound("nonsense", goesOn)}, asked: "trap nonsense"},
		"then another ends it":        {bindings: []plugins.Binding{bound("trap", goesOn), bound("nonsense", stops)}, asked: "trap nonsense", fails: plugins.InvalidOutput},
		"off":                         {bindings: []plugins.Binding{bound("a", off), bound("b")}, asked: "b", answered: "b"},
		"of another tenant":           {bindings: []plugins.Binding{bound("a", to("t1")), bound("b")}, tenant: "t2", asked: "b", answered: "b"},
		"of the tenant":               {bindings: []plugins.Binding{bound("a", to("t1", "t2")), bound("b")}, tenant: "t2", asked: "a b", answered: "b"},
		"of a tenant, call of none":   {bindings: []plugins.Binding{bound("a", to("t1"))}},
		"one plugin, by the tenant":   {bindings: []plugins.Binding{bound("trap", to("t1"), goesOn), bound("trap", to("t2"), stops)}, tenant: "t2", asked: "trap", fails: plugins.Trap},
		"all of all, as they stand":   {asked: "a b deny", answered: "deny"},
		"all of a tenant, as they do": {tenant: "t1", asked: "a b deny", answered: "deny"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var who asked
			e := newEngineWith(t, plugins.Deps{Observe: who.observe}, plugins.Config{Limits: patient()})
			loadBound(t, e, sources, row.bindings...)
			call := signup(t, "acme.example")
			call.TenantID, call.First = row.tenant, row.first
			answer, err := e.Call(t.Context(), call)
			if got := who.take(); got != row.asked {
				t.Errorf("asked %q, want %q", got, row.asked)
			}
			if row.fails != "" {
				expectFailure(t, err, row.fails, "")
				return
			}
			if err != nil || answer.Plugin != row.answered || answer.Bound != (row.answered != "") {
				t.Errorf("answered by %q (%v), %v; want %q", answer.Plugin, answer.Bound, err, row.answered)
			}
		})
	}
}

// What a release names wrong is said where it stands, and nothing changes.
func TestBindingsThatAreRefused(t *testing.T) {
	t.Parallel()
	e := newEngine(t, plugins.Config{Limits: patient()})
	load(t, e, plugins.Source{Name: "before", Wasm: saying("before")})
	for _, row := range []struct {
		binding plugins.Binding
		says    string
	}{
		{plugins.Binding{Hook: validate, Plugin: "other", At: "bindings[0]"}, `bindings[0].plugin: no plugin "other" is loaded`},
		{plugins.Binding{Hook: hostapi.HookMessageRender, Plugin: "guest", At: "bindings[0]"}, `does not serve "message.render" (there is no export usher_message_render () -> i32), only [signup.validate]`},
		{plugins.Binding{Hook: validate, Plugin: "guest", Timeout: time.Hour, At: "bindings[0]"}, "bindings[0].timeout: 1h0m0s is outside of 1ms to 10s"},
	} {
		_, err := e.Prepare(t.Context(), plugins.Release{
			Sources: []plugins.Source{{Name: "guest", Wasm: saying("guest")}}, Bindings: []plugins.Binding{row.binding},
		})
		if err == nil || !strings.Contains(err.Error(), row.says) {
			t.Errorf("got %v, want %s", err, row.says)
		}
	}
	if answer, err := e.Call(t.Context(), signup(t, "acme.example")); err != nil || answer.Plugin != "before" {
		t.Errorf("%+v, %v", answer, err)
	}
}

// What one plugin changed is shown to those after it, and only what its caller took.
func TestNextIsShown(t *testing.T) {
	t.Parallel()
	e := newEngine(t, plugins.Config{Limits: patient()})
	echo := echoing().Wasm()
	loadBound(t, e, []plugins.Source{{Name: "one", Wasm: echo}, {Name: "bad", Wasm: trapping()}, {Name: "two", Wasm: echo}},
		bound("one"), bound("bad", goesOn), bound("two"))
	var shown []string
	answer, err := e.Call(t.Context(), plugins.Call{
		Hook: validate, Data: []byte(`{"n":1}`),
		Judge: func(_ string, output []byte) (hostapi.Outcome, error) {
			shown = append(shown, string(output[strings.Index(string(output), `"data":`):]))
			return hostapi.Continue, nil
		},
		Next: func() ([]byte, error) { return []byte(`{"n":2}`), nil },
	})
	if err != nil || answer.Plugin != "two" || !slices.Equal(shown, []string{`"data":{"n":1}}`, `"data":{"n":2}}`}) {
		t.Errorf("shown %v, %+v, %v", shown, answer, err)
	}
	errNext := errors.New("no next")
	_, err = e.Call(t.Context(), plugins.Call{Hook: validate, Data: []byte(`{}`), Next: func() ([]byte, error) { return nil, errNext }})
	if !errors.Is(err, errNext) {
		t.Errorf("the caller's error is lost: %v", err)
	}
}

// How long a call may take, from the narrowest that says so.
func TestTimeouts(t *testing.T) {
	t.Parallel()
	serving := func(manifest string) []byte {
		m := (&Module{}).Memory(1).Hook(validate, 0, Int(0)...).Hook(hostapi.HookEventDeliver, 0, Int(0)...)
		if manifest != "" {
			m.Custom(hostapi.ManifestSection, []byte(`{"name":"g","version":"1.0.0","hooks":{"signup.validate":{"fields":[]},"event.deliver":{"fields":[]}},"limits":`+manifest+`}`))
		}
		return m.Wasm()
	}
	for name, row := range map[string]struct {
		manifest string
		release  time.Duration
		binding  time.Duration
		want     [2]time.Duration // of signup.validate and event.deliver
	}{
		"the hook":     {want: [2]time.Duration{100 * time.Millisecond, 2 * time.Second}},
		"the release":  {release: 300 * time.Millisecond, want: [2]time.Duration{300 * time.Millisecond, 300 * time.Millisecond}},
		"the manifest": {`{"wall_ms":700}`, 300 * time.Millisecond, 0, [2]time.Duration{700 * time.Millisecond, 700 * time.Millisecond}},
		"the binding":  {`{"wall_ms":700}`, 300 * time.Millisecond, time.Millisecond, [2]time.Duration{time.Millisecond, time.Millisecond}},
	} {
		e := newEngine(t, plugins.Config{})
		prepare(t, e, plugins.Release{
			Sources: []plugins.Source{{Name: "g", Wasm: serving(row.manifest)}}, CallTimeout: row.release,
			Bindings: []plugins.Binding{
				{Hook: hostapi.HookEventDeliver, Plugin: "g", Timeout: row.binding}, {Hook: validate, Plugin: "g", Timeout: row.binding},
			},
		}).Commit()
		links := e.Links()
		if len(links) != 2 || links[0].Timeout != row.want[0] || links[1].Timeout != row.want[1] || links[0].Hook != validate {
			t.Errorf("%s: %+v", name, links)
		}
	}
}

// Waiting for an instance is part of the time of a call.
func TestWaitCounts(t *testing.T) {
	t.Parallel()
	busy := make(chan struct{})
	logs := slog.New(slog.NewTextHandler(onLine{"plugin log", sync.OnceFunc(func() { close(busy) })}, nil))
	e := newEngineWith(t, plugins.Deps{Log: logs}, plugins.Config{Instances: 1})
	loadBound(t, e, []plugins.Source{{Name: "loop", Wasm: looping()}}, bound("loop", func(b *plugins.Binding) { b.Timeout = 2 * time.Second }))
	first := make(chan error, 1)
	call := signup(t, "acme.example")
	go func() {
		_, err := e.Call(context.Background(), call)
		first <- err
	}()
	<-busy
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	answer, err := e.Call(ctx, call)
	expectFailure(t, err, plugins.Exhausted, "")
	if answer.Duration > time.Second {
		t.Errorf("it waited %v of its 50ms", answer.Duration)
	}
	expectFailure(t, <-first, plugins.Deadline, "")
}

// looping says hello and never comes back.
func looping() []byte {
	return misbehaving(func(m *Module) []byte {
		return Code(Int(1), Int(0), Int(4), Op(Call, m.Core(hostapi.FuncLog)), Op(Loop, Void, Br, 0, End))
	})
}

// A tenant that has calls hang takes all instances but one: another is answered.
func TestNoTenantTakesAll(t *testing.T) {
	t.Parallel()
	var running atomic.Int64
	full := make(chan struct{})
	logs := slog.New(slog.NewTextHandler(onLine{"plugin log", func() {
		if running.Add(1) == 2 {
			close(full)
		}
	}}, nil))
	e := newEngineWith(t, plugins.Deps{Log: logs}, plugins.Config{Instances: 3})
	// It hangs in the calls of a tenant whose id begins with an h: as far as the 60th byte.
	loadBound(t, e, []plugins.Source{{Name: "guest", Wasm: hangingFor('h')}},
		bound("guest", func(b *plugins.Binding) { b.Timeout = 5 * time.Second }))
	call := signup(t, "acme.example")
	call.TenantID = "hog"
	var hogs sync.WaitGroup
	for range 8 {
		hogs.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
			defer cancel()
			_, _ = e.Call(ctx, call)
		})
	}
	<-full
	for range 20 {
		other := call
		other.TenantID = "other"
		if _, err := e.Call(t.Context(), other); err != nil {
			t.Fatalf("another tenant: %v", err)
		}
	}
	if n := running.Load(); n != 2 {
		t.Errorf("the tenant ran %d calls at once, may run 2", n)
	}
	hogs.Wait()
}

// hangingFor logs and loops in the calls of a tenant whose id begins with that letter.
func hangingFor(letter byte) []byte {
	m := &Module{}
	read, write, hello := m.Core(hostapi.FuncInputRead), m.Core(hostapi.FuncOutputWrite), m.Core(hostapi.FuncLog)
	const at = len(`{"abi":"usher/v1","hook":"signup.validate","call_id":"0123456789abcdef","run_id":"run","tenant":"`)
	const answer = `{"outcome":"continue"}`
	return m.Memory(1).Data(0, []byte(answer)).Hook(validate, 0, Code(
		Int(900), Int(at), Int(1), Op(Call, read, Drop), Int(900), Op(I32Load8, 0, 0), Int(int(letter)), Op(I32Ne, I32Eqz, If, Void),
		Int(1), Int(0), Int(4), Op(Call, hello), Op(Loop, Void, Br, 0, End, End),
		Int(0), Int(len(answer)), Op(Call, write, Drop), Int(0))...).Wasm()
}

// Safe mode asks nobody that it names, in whatever is loaded then and later.
func TestSafeMode(t *testing.T) {
	t.Parallel()
	var log syncBuffer
	e := newEngineWith(t, plugins.Deps{Log: slog.New(slog.NewTextHandler(&log, nil))}, plugins.Config{Limits: patient()})
	sources := []plugins.Source{{Name: "a", Wasm: saying("a")}, {Name: "trap", Wasm: trapping()}}
	load(t, e, sources...)
	call := signup(t, "acme.example")
	_, err := e.Call(t.Context(), call)
	expectFailure(t, err, plugins.Trap, "")
	for _, row := range []struct {
		mode plugins.SafeMode
		by   string
	}{
		{plugins.SafeMode{Plugins: []string{"trap"}}, "a"}, {plugins.SafeMode{All: true}, ""}, {plugins.SafeMode{Hooks: []hostapi.Hook{validate}}, ""},
	} {
		e.SetSafeMode(row.mode)
		for range 2 {
			answer, err := e.Call(t.Context(), call)
			if err != nil || answer.Plugin != row.by || answer.Bound != (row.by != "") || answer.Off != (row.by == "") {
				t.Errorf("%+v: %+v, %v", row.mode, answer, err)
			}
			load(t, e, sources...)
		}
		if links := e.Links(); !links[1].SwitchedOff {
			t.Errorf("%+v: %+v", row.mode, links)
		}
	}
	e.SetSafeMode(plugins.SafeMode{})
	_, err = e.Call(t.Context(), call)
	expectFailure(t, err, plugins.Trap, "")
	for text, times := range map[string]int{"switched off by safe mode": 3, "safe mode ended": 1, "level=WARN": 4} {
		if n := strings.Count(log.String(), text); n != times {
			t.Errorf("%q is logged %d times, want %d:\n%s", text, n, times, log.String())
		}
	}
}

// What was prepared and aborted leaves nothing, and what serves stays.
func TestAbort(t *testing.T) {
	t.Parallel()
	e := newEngine(t, plugins.Config{Limits: patient()})
	load(t, e, plugins.Source{Name: "guest", Wasm: saying("old")})
	same := prepare(t, e, plugins.Release{Sources: []plugins.Source{{Name: "guest", Wasm: saying("old")}}})
	other := prepare(t, e, plugins.Release{Sources: []plugins.Source{{Name: "guest", Wasm: saying("new")}}})
	if same.Changed() || !other.Changed() {
		t.Errorf("changed %v, %v", same.Changed(), other.Changed())
	}
	same.Abort()
	other.Abort()
	if answer, err := e.Call(t.Context(), signup(t, "acme.example")); err != nil || !strings.Contains(string(answer.Output), "old") {
		t.Errorf("%s, %v", answer.Output, err)
	}
	late := prepare(t, e, plugins.Release{Sources: []plugins.Source{{Name: "guest", Wasm: saying("new")}}})
	if err := e.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	late.Commit()
	_, err := e.Call(t.Context(), signup(t, "acme.example"))
	expectFailure(t, err, plugins.NotLoaded, "")
}
