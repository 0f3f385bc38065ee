package plugins_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/plugins"
)

// TestWatch: who looks on sees each call that ends, with what the guest logged, and questions and answers only where
// they are asked for: of a question what the plugin was given.
func TestWatch(t *testing.T) {
	t.Parallel()
	wasm, err := plugins.Pack(companyDomainInC(t), []byte(`{"name":"validator","version":"1.0.0","hooks":{"signup.validate":{"fields":["email_domain"]}}}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, content := range []bool{true, false} {
		e := newEngine(t, plugins.Config{Limits: hostapi.Limits{WallMS: 60_000}})
		load(t, e, plugins.Source{Name: "validator", Wasm: wasm})
		if _, err := e.Call(t.Context(), signup(t, "gmail.com")); err != nil { // before anybody looks
			t.Fatal(err)
		}
		_, last, _ := e.Watch(t.Context(), -1, time.Minute, content)
		for _, domain := range []string{"engines.example", "gmail.com"} {
			if _, err := e.Call(t.Context(), signup(t, domain)); err != nil {
				t.Fatal(err)
			}
		}
		calls, next, lost := e.Watch(t.Context(), last, time.Minute, content)
		if len(calls) != 2 || next != last+2 || lost != 0 {
			t.Fatalf("%d calls after %d, next %d, lost %d", len(calls), last, next, lost)
		}
		denied := calls[1]
		if denied.Plugin != "validator" || denied.Outcome != hostapi.Deny || denied.Failure != "" || denied.Fuel == 0 || denied.Duration == 0 {
			t.Errorf("%+v", denied)
		}
		if len(denied.Lines) != 1 || denied.Lines[0] != (plugins.Line{Level: slog.LevelInfo, Text: "denied a free mail domain"}) {
			t.Errorf("lines: %+v", denied.Lines)
		}
		if asked := strings.Contains(string(denied.Data), "gmail.com") && strings.Contains(string(denied.Output), "deny"); asked != content {
			t.Errorf("content %t: asked %q, answered %q", content, denied.Data, denied.Output)
		}
		if strings.Contains(string(denied.Data), `"email"`) {
			t.Errorf("it shows what the plugin was not given: %s", denied.Data)
		}
	}
}

// TestWatchLate: who is slow to ask is told how many calls there were that are kept no more, and who waits is woken.
func TestWatchLate(t *testing.T) {
	t.Parallel()
	e := newEngine(t, plugins.Config{Limits: hostapi.Limits{WallMS: 60_000}})
	load(t, e, plugins.Source{Name: "validator", Wasm: companyDomainInC(t)})
	_, last, _ := e.Watch(t.Context(), -1, 0, false)
	const many = 300
	woken := make(chan int)
	go func() {
		calls, _, _ := e.Watch(t.Context(), last, time.Minute, false)
		woken <- len(calls)
	}()
	for range many {
		if _, err := e.Call(t.Context(), signup(t, "engines.example")); err != nil {
			t.Fatal(err)
		}
	}
	if n := <-woken; n == 0 {
		t.Error("who waited for a call was given none")
	}
	calls, next, lost := e.Watch(t.Context(), last, time.Minute, false)
	if next != last+many || lost == 0 || lost+int64(len(calls)) != many {
		t.Errorf("%d calls, next %d after %d, lost %d", len(calls), next, last, lost)
	}
	if calls, _, _ := e.Watch(t.Context(), next, time.Millisecond, false); len(calls) != 0 {
		t.Errorf("%d calls where none came", len(calls))
	}
}
