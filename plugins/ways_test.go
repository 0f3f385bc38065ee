package plugins_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"go.uber.org/goleak"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/plugins"
	. "github.com/usher-id/usher/plugins/internal/assemble" //nolint:revive // an assembler reads best unqualified
	"github.com/usher-id/usher/tests/cguest"
	"github.com/usher-id/usher/tests/dnstest"
)

// way is a way to fail: a guest, and what becomes of it.
type way struct {
	guest func(t *testing.T) plugins.Source
	deps  plugins.Deps
	hook  hostapi.Hook // validate when empty

	refused []string // what the refusal to load says; a guest that is loaded has none

	kind plugins.Kind // of the failure; a guest that only tries has none
	says string

	calls int                                      // 1 when zero
	ask   func(n int, c *plugins.Call)             // changes the n-th call
	fails func(n int) bool                         // which of the calls do, of a guest that has a kind; all when nil
	sees  func(t *testing.T, n int, output string) // looks at the n-th answer, if it is one
	after func(t *testing.T, s *scene)             // looks at what is left
}

// ways are those of the issue that asked for the sandbox, each with a guest that is
// built from source: in C, or from instructions where no compiler would write it.
func ways(t *testing.T) map[string]way {
	var reached atomic.Int32
	home := serve(t, func(http.ResponseWriter, *http.Request) { reached.Add(1) })
	untouched := func(t *testing.T, _ *scene) {
		if n := reached.Load(); n != 0 {
			t.Errorf("%d requests reached this machine", n)
		}
	}
	at, _ := url.Parse(home.URL)
	named := "https://api.example.com:" + at.Port()
	all := map[string]way{
		"loop":        {guest: failing("loop"), kind: plugins.Deadline},
		"recursion":   {guest: failing("recursion"), kind: plugins.Stack, says: "nested too deeply"},
		"trap":        {guest: failing("trap"), kind: plugins.Trap, says: "unreachable"},
		"memory bomb": {guest: failing("memory_bomb"), kind: plugins.Memory},
		"output bomb": {guest: failing("output_bomb"), kind: plugins.TooLarge},
		"wrong signature": {
			guest:   made(wrong(hostapi.Signature{Results: []hostapi.ValueType{hostapi.I64}})),
			refused: []string{"usher_signup_validate is () -> i64, expected () -> i32"},
		},
		"missing memory": {guest: made((&Module{}).Hook(validate, 0, Int(0)...).Wasm()), refused: []string{`exports no memory under the name "memory"`}},
		"ungranted import": {
			guest:   made(importing(hostapi.ModuleHTTP, hostapi.FuncHTTPFetch, hostapi.CapabilitySignature())),
			refused: []string{"it imports usher:http/v1.fetch", "is granted nothing"},
		},
		"evil start function":     {guest: made(starting(Loop, Void, Br, 0, End)), refused: []string{"start an instance"}},
		"crashing start function": {guest: made(starting(Unreachable)), refused: []string{"start an instance"}},
		"log flood and injection": {guest: failing("log_flood"), after: logIsWhole},
		"http to metadata by redirect": {
			guest: redirected(t, "http://169.254.169.254/latest/meta-data"), hook: deliver, sees: sees(`"status":307`, "169.254.169.254"),
		},
		"http to loopback by redirect": {guest: redirected(t, home.URL), hook: deliver, sees: sees(`"status":307`), after: untouched},
		"kv of another tenant": {
			guest: asksFor("kv", validate, `{"key":"k","tenant":"tenant-b"}`, hostapi.Requests{KV: &hostapi.KVGrant{}}, plugins.Grants{KV: true}),
			deps:  plugins.Deps{KV: &shelf{}},
			ask:   func(_ int, c *plugins.Call) { c.TenantID = "tenant-a" },
			sees:  sees(fmt.Sprintf(`"Status":%d`, hostapi.StatusInvalid), hostapi.ReasonMalformed),
		},
		"remembers the previous tenant": {
			guest: failing("remembers"), calls: 100,
			ask:  func(n int, c *plugins.Call) { c.TenantID = fmt.Sprint("tenant-", n) },
			sees: sees(`"slug":""`),
		},
		"one call in a hundred traps": {
			guest: failing("hundredth"), calls: 300, kind: plugins.Trap,
			ask:   func(n int, c *plugins.Call) { c.Data = fmt.Appendf(nil, `{"slug":"%d"}`, n) },
			fails: func(n int) bool { return n%100 == 99 },
		},
		"leaks":                     {guest: failing("leaks"), calls: 500},
		"grows and cannot be reset": {guest: failing("grows"), calls: 30},
		"asks for more than granted": {
			guest:   asksFor("fetch", deliver, "{}", origins(named), plugins.Grants{}),
			refused: []string{"it asks for the origin " + named, "write grants: {http: {origins: [" + named + "]}} at bad in plugins.load"},
		},
	}
	for _, name := range []string{"written", "read", "logged", "random", "reason"} {
		all["bad pointers: "+name] = way{guest: failing("pointer_" + name), kind: plugins.Trap, says: "outside of its memory"}
	}
	for name, address := range map[string]string{
		"http to metadata by DNS": "169.254.169.254", "http to loopback by DNS": "127.0.0.1",
		"http to a v4-mapped address of metadata": "::ffff:169.254.169.254", "http to a v4-mapped address of loopback": "::ffff:127.0.0.1",
	} {
		all[name] = way{
			guest: asksFor("fetch", deliver, `{"method":"GET","url":"`+named+`/"}`, origins(named), granted(named)), hook: deliver,
			deps: plugins.Deps{Resolver: dnstest.Names(t, netip.MustParseAddr(address))},
			sees: sees(fmt.Sprintf(`"Status":%d`, hostapi.StatusDenied), hostapi.ReasonAddress), after: untouched,
		}
	}
	return all
}

// failing is a guest in C that fails when the slug says so.
func failing(name string) func(t *testing.T) plugins.Source {
	return func(t *testing.T) plugins.Source {
		return plugins.Source{Wasm: packed(t, name, hostapi.Manifest{
			Name: "bad", Version: "3.2.1", Hooks: map[hostapi.Hook]hostapi.HookNeeds{validate: {Fields: []string{"slug"}}},
		})}
	}
}

// asksFor is a guest in C that makes a request of a capability.
func asksFor(name string, h hostapi.Hook, q string, r hostapi.Requests, g plugins.Grants) func(t *testing.T) plugins.Source {
	return func(t *testing.T) plugins.Source {
		return plugins.Source{
			Wasm: packed(t, name, hostapi.Manifest{
				Name: "bad", Version: "3.2.1", Hooks: map[hostapi.Hook]hostapi.HookNeeds{h: {Fields: []string{}}}, Requests: r,
			}),
			Config: request(t, map[string]string{"request": q}), Grants: g,
		}
	}
}

func redirected(t *testing.T, to string) func(t *testing.T) plugins.Source {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusTemporaryRedirect) })
	return asksFor("fetch", deliver, `{"method":"GET","url":"`+s.URL+`"}`, origins(s.URL), granted(s.URL))
}

func packed(t *testing.T, name string, m hostapi.Manifest) []byte {
	t.Helper()
	wasm, err := plugins.Pack(cguest.Build(t, "testdata/c/fail/"+name+".c"), request(t, m))
	if err != nil {
		t.Fatal(err)
	}
	return wasm
}

func made(wasm []byte) func(*testing.T) plugins.Source {
	return func(*testing.T) plugins.Source { return plugins.Source{Wasm: wasm} }
}

// starting is a guest whose start function does that.
func starting(code ...byte) []byte {
	m := (&Module{}).Memory(1)
	return m.Start(m.Func(hostapi.Signature{}, 0, code...)).Hook(validate, 0, Int(0)...).Wasm()
}

func sees(want ...string) func(*testing.T, int, string) {
	return func(t *testing.T, n int, output string) {
		for _, w := range want {
			if !strings.Contains(output, w) {
				t.Errorf("call %d: no %q in %s", n, w, output)
			}
		}
	}
}

// scene is an engine in which a guest fails beside a neighbour that behaves.
type scene struct {
	engine *plugins.Engine
	log    *syncBuffer
}

const closed = "closed"

func newScene(t *testing.T, d plugins.Deps) *scene {
	s := &scene{log: &syncBuffer{}}
	d.Log = slog.New(slog.NewJSONHandler(s.log, nil))
	s.engine = newEngineWith(t, d, plugins.Config{
		Instances: 2, IdleAfter: 10 * time.Millisecond, Limits: hostapi.Limits{MemoryPages: 32},
		OnFailure: func(hostapi.Hook) plugins.OnFailure { return plugins.OnFailure{Word: closed} },
	})
	return s
}

func (s *scene) neighbour(t *testing.T) plugins.Source {
	return plugins.Source{Name: "neighbour", Wasm: companyDomainInC(t), Limits: hostapi.Limits{WallMS: 10_000}}
}

// greet wants the neighbour's answers.
func (s *scene) greet(t *testing.T) {
	for domain, want := range map[string]hostapi.Outcome{"acme.example": hostapi.Continue, "gmail.com": hostapi.Deny} {
		call := signup(t, domain)
		call.Plugin = "neighbour"
		if answer, err := s.engine.Call(context.Background(), call); err != nil || answer.Outcome != want {
			t.Errorf("the neighbour: %+v, %v", answer, err)
		}
	}
}

// settle waits until each plugin is back to its one instance.
func (s *scene) settle(t *testing.T, want int) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		list, settled := s.engine.Status(), true
		for _, p := range list {
			settled = settled && p.Instances == 1
		}
		if settled && len(list) == want {
			return
		}
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatalf("status %+v", list)
		}
	}
}

// Each way to fail, beside a neighbour: the failure is of its kind and says whose it
// is, the neighbour answers meanwhile and afterwards, and nothing is left over.
func TestEveryWayToFail(t *testing.T) { // not parallel: what is left over must be its own
	for name, w := range ways(t) {
		t.Run(name, func(t *testing.T) {
			ours := goleak.IgnoreCurrent()
			t.Cleanup(func() { goleak.VerifyNone(t, ours) }) // after the engine is closed
			s, bad := newScene(t, w.deps), w.guest(t)
			bad.Name = "bad"
			if w.refused != nil {
				s.refuse(t, bad, w.refused)
				return
			}
			bad.Limits.WallMS = 1000
			if w.kind == plugins.Stack || w.calls > 1 {
				bad.Limits.WallMS = 10_000 // only what it does must end it, on a busy machine too
			}
			load(t, s.engine, s.neighbour(t), bad)
			before := s.engine.Status()[1]
			for n := range max(w.calls, 1) {
				s.fail(t, w, n)
			}
			s.greet(t)
			s.settle(t, 2)
			if after := s.engine.Status()[1]; after.Memory != before.Memory || after.Instances != before.Instances {
				t.Errorf("it was %+v and is %+v", before, after)
			}
			if w.after != nil {
				w.after(t, s)
			}
		})
	}
}

func (s *scene) refuse(t *testing.T, bad plugins.Source, says []string) {
	load(t, s.engine, s.neighbour(t))
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second) // which an endless start function uses up
	defer cancel()
	err := s.engine.Load(ctx, []plugins.Source{s.neighbour(t), bad})
	if err == nil {
		t.Fatal("it was loaded")
	}
	for _, want := range append(says, "plugin bad: ") {
		expectText(t, err.Error(), want)
	}
	s.greet(t)
	s.settle(t, 1)
}

// fail makes the n-th call, with the neighbour answering beside it.
func (s *scene) fail(t *testing.T, w way, n int) {
	call := plugins.Call{Hook: validate, Plugin: "bad", RunID: "run", Data: []byte(`{"slug":"fail"}`)}
	if w.hook != "" {
		call.Hook = w.hook
	}
	if w.ask != nil {
		w.ask(n, &call)
	}
	type result struct {
		answer plugins.Answer
		err    error
	}
	done := make(chan result)
	go func() {
		answer, err := s.engine.Call(context.Background(), call)
		done <- result{answer, err}
	}()
	s.greet(t)
	r := <-done
	if r.answer.Plugin != "bad" || r.answer.Version != "3.2.1" || r.answer.OnFailure != closed {
		t.Errorf("call %d: answered by %+v", n, r.answer)
	}
	if w.kind == "" || w.fails != nil && !w.fails(n) {
		if r.err != nil {
			t.Fatalf("call %d: %v", n, r.err)
		}
		if w.sees != nil {
			w.sees(t, n, string(r.answer.Output))
		}
		return
	}
	expectFailure(t, r.err, w.kind, w.says)
	if f, _ := errors.AsType[*plugins.Failure](r.err); f.Plugin != "bad" || f.Version != "3.2.1" || f.Hook != call.Hook {
		t.Errorf("call %d: the failure does not say whose it is: %+v", n, f)
	}
	expectText(t, r.err.Error(), fmt.Sprintf("bad 3.2.1: %s: %s", call.Hook, w.kind))
}

// logIsWhole wants every line of the log to be one of the host's, and few of the guest's.
func logIsWhole(t *testing.T, s *scene) {
	size, cut := 0, false
	for raw := range strings.Lines(s.log.String()) {
		var line map[string]any
		if err := json.Unmarshal([]byte(raw), &line); err != nil || line["msg"] == "forged" {
			t.Fatalf("%q: %v", raw, err)
		}
		if text, ok := line["line"].(string); ok {
			size += len(text)
			if strings.ContainsAny(text, "\r\n\x1b\u2028\u202e") {
				t.Errorf("%q", text)
			}
		}
		cut = cut || line["msg"] == "plugin log cut"
	}
	if most := 2 * hostapi.DefaultLimits().LogBytes; size == 0 || size > most || !cut { // escapes take more than what they stand for
		t.Errorf("%d bytes of lines, cut: %v", size, cut)
	}
}
