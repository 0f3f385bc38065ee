package plugins_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/plugins"
	. "github.com/usher-id/usher/plugins/internal/assemble" //nolint:revive // an assembler reads best unqualified
)

// moody traps in the calls of a tenant whose id begins with that letter, says that it
// fails in those of one that begins with an f, and else answers.
func moody(letter byte) []byte {
	m := &Module{}
	read, write, fail := m.Core(hostapi.FuncInputRead), m.Core(hostapi.FuncOutputWrite), m.Core(hostapi.FuncFail)
	const at = len(`{"abi":"usher/v1","hook":"signup.validate","call_id":"0123456789abcdef","run_id":"run","tenant":"`)
	const answer = `{"outcome":"continue"}`
	first := Code(Int(900), Op(I32Load8, 0, 0))
	return m.Memory(1).Data(0, []byte(answer)).Hook(validate, 0, Code(
		Int(900), Int(at), Int(1), Op(Call, read, Drop),
		first, Int(int(letter)), Op(I32Ne, I32Eqz, If, Void, Unreachable, End),
		first, Int('f'), Op(I32Ne, I32Eqz, If, Void), Int(0), Int(4), Op(Call, fail), Int(1), Op(Return, End),
		Int(0), Int(len(answer)), Op(Call, write, Drop), Int(0))...).Wasm()
}

func breakerEngine(t *testing.T, log *syncBuffer, c plugins.BreakerConfig) (*plugins.Engine, func(tenant string) error) {
	t.Helper()
	e := newEngineWith(t, plugins.Deps{Log: slog.New(slog.NewTextHandler(log, nil))}, plugins.Config{Limits: patient(), Breaker: c})
	load(t, e, plugins.Source{Name: "guest", Wasm: moody('b')})
	return e, func(tenant string) error {
		call := signup(t, "acme.example")
		call.TenantID = tenant
		_, err := e.Call(context.Background(), call)
		return err
	}
}

// A guest that fails again and again is no longer asked, and is asked again when one
// call found it well.
func TestBreaker(t *testing.T) {
	t.Parallel()
	var log syncBuffer
	e, ask := breakerEngine(t, &log, plugins.BreakerConfig{Failures: 3, Every: time.Minute})
	for _, tenant := range []string{"bad", "bad", "good", "bad", "bad", "failing", "bad", "bad"} { // two in a row at most
		if err := ask(tenant); (err == nil) != (tenant == "good") {
			t.Fatalf("%s: %v", tenant, err)
		}
		if e.Links()[0].BreakerOpen {
			t.Fatal("it is open after two failures in a row")
		}
	}
	expectFailure(t, ask("bad"), plugins.Trap, "")
	if l := e.Links()[0]; !l.BreakerOpen || l.Failures != 3 {
		t.Fatalf("it is closed after three: %+v", l)
	}
	for range 10 {
		expectFailure(t, ask("good"), plugins.Tripped, "")
	}
	load(t, e, plugins.Source{Name: "guest", Wasm: moody('b')}, plugins.Source{Name: "other", Wasm: saying("x")})
	expectFailure(t, ask("good"), plugins.Tripped, "") // the same guest is as broken after a reload
	load(t, e, plugins.Source{Name: "guest", Wasm: moody('c')})
	if err := ask("good"); err != nil {
		t.Errorf("another version is not asked: %v", err)
	}
	if n := strings.Count(log.String(), "plugin breaker opened"); n != 1 {
		t.Errorf("logged %d times:\n%s", n, log.String())
	}
}

// While it is open, one call in each interval tries.
func TestBreakerProbes(t *testing.T) {
	t.Parallel()
	var log syncBuffer
	e, ask := breakerEngine(t, &log, plugins.BreakerConfig{Failures: 1, Every: 20 * time.Millisecond})
	expectFailure(t, ask("bad"), plugins.Trap, "")
	trapped := 0
	for began := time.Now(); trapped < 3; { // each after an interval of its own
		if time.Since(began) > time.Minute {
			t.Fatal("nobody probes")
		}
		if f, _ := ask("bad").(*plugins.Failure); f.Kind == plugins.Trap { //nolint:errorlint // Call wraps nothing
			trapped++
		}
	}
	if !e.Links()[0].BreakerOpen {
		t.Error("a probe that fails closes it")
	}
	for began := time.Now(); ask("good") != nil; {
		if time.Since(began) > time.Minute {
			t.Fatal("no probe gets through")
		}
	}
	if l := e.Links()[0]; l.BreakerOpen || l.Failures != 0 {
		t.Errorf("it stays open: %+v", l)
	}
	if err := ask("good"); err != nil {
		t.Error(err)
	}
	if n := strings.Count(log.String(), "plugin breaker closed"); n != 1 {
		t.Errorf("logged %d times:\n%s", n, log.String())
	}
}

// What is no fault of the guest opens nothing: callers that give up or are in a hurry,
// and answers that say it cannot answer.
func TestBreakerBlamesNobodyElse(t *testing.T) {
	t.Parallel()
	var log syncBuffer
	e, ask := breakerEngine(t, &log, plugins.BreakerConfig{Failures: 2, Every: time.Minute})
	load(t, e, plugins.Source{Name: "guest", Wasm: hangingFor('h')})
	call := signup(t, "acme.example")
	call.TenantID = "hog"
	for range 3 {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		if _, err := e.Call(ctx, call); err == nil {
			t.Error("it answered")
		}
		cancel()
	}
	if err := ask("good"); err != nil {
		t.Errorf("it is not asked: %v", err)
	}
}

// Of many failures at once each counts once, and the state changes once.
func TestBreakerAtOnce(t *testing.T) {
	t.Parallel()
	for range 100 {
		b := plugins.NewBreaker(plugins.BreakerConfig{Failures: 64, Within: time.Hour, Every: time.Hour})
		var opened sync.Map
		var all sync.WaitGroup
		for n := range 64 {
			all.Go(func() {
				if b.Fail(time.Now()) {
					opened.Store(n, true)
				}
			})
		}
		all.Wait()
		times := 0
		opened.Range(func(any, any) bool { times++; return true })
		if times != 1 || b.Failures() != 64 || b.Allow(time.Now()) {
			t.Fatalf("opened %d times, %d failures", times, b.Failures())
		}
		later := time.Now().Add(2 * time.Hour)
		var allowed sync.Map
		for n := range 16 {
			all.Go(func() {
				if b.Allow(later) {
					allowed.Store(n, true)
				}
			})
		}
		all.Wait()
		probes := 0
		allowed.Range(func(any, any) bool { probes++; return true })
		if probes != 1 || !b.Succeed() || b.Succeed() || !b.Allow(later) {
			t.Fatalf("%d probes", probes)
		}
	}
}

// A row that is spread over more than its time begins anew.
func TestBreakerForgets(t *testing.T) {
	t.Parallel()
	b := plugins.NewBreaker(plugins.BreakerConfig{Failures: 3, Within: 10 * time.Second, Every: time.Second})
	now := time.Now()
	for _, after := range []time.Duration{0, 6 * time.Second, 12 * time.Second, 18 * time.Second} {
		if b.Fail(now.Add(after)) {
			t.Errorf("opened after %v", after)
		}
	}
	if !b.Fail(now.Add(19 * time.Second)) {
		t.Error("three within their time do not open it")
	}
}
