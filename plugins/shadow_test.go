package plugins_test

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/hostapi/host"
	"github.com/usher-id/usher/plugins"
)

// compared gives what comes of the shadows, one by one.
func compared(n int) (chan plugins.Comparison, func(context.Context, plugins.Comparison)) {
	list := make(chan plugins.Comparison, n)
	return list, func(_ context.Context, c plugins.Comparison) { list <- c }
}

func shadowOf(s plugins.Source) plugins.Candidate { return plugins.Candidate{Source: s, Shadow: true} }

// What a shadow makes of a question is compared, and is nobody's answer.
func TestShadow(t *testing.T) {
	t.Parallel()
	text := func(output string) plugins.Source {
		return plugins.Source{Name: "guest", Wasm: answering([]byte(output))}
	}
	for name, row := range map[string]struct {
		serving, shadow plugins.Source
		differs         string // empty when they agree
		fails           plugins.Kind
	}{
		"the same in other words": {text(`{"outcome":"continue"}`), text(`{ "data": {}, "outcome": "continue" }`), "", ""},
		"another outcome":         {text(`{"outcome":"continue"}`), text(`{"outcome":"deny"}`), "$.outcome", ""},
		"other data":              {named("one"), named("two"), `$.data.slug: want "one", got "two"`, ""},
		"a trap":                  {named("one"), plugins.Source{Name: "guest", Wasm: trapping()}, "failure: want none, got trap", ""},
		"no answer to the hook":   {named("one"), text(`{"outcome":"maybe"}`), "failure: want none, got invalid_output", ""},
		"where serving fails":     {plugins.Source{Name: "guest", Wasm: trapping()}, named("two"), "failure: want trap, got none", plugins.Trap},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			results, compare := compared(1)
			e := quickEngine(t, plugins.Deps{Compare: compare})
			prepare(t, e, releaseOf(3, row.serving, shadowOf(row.shadow))).Commit()
			answer, err := e.Call(t.Context(), plugins.Call{Hook: validate, Data: []byte(`{}`), RunID: "r", TenantID: "t"})
			if row.fails != "" {
				expectFailure(t, err, row.fails, "")
			} else if err != nil || answer.Role != plugins.RoleServing {
				t.Fatalf("%+v, %v", answer, err)
			}
			got := <-results
			if got.Agree != (row.differs == "") || !strings.Contains(strings.Join(got.Differences, "\n"), row.differs) {
				t.Errorf("agree: %v, differences %q", got.Agree, got.Differences)
			}
			if got.Hook != validate || got.Plugin != "guest" || got.Release != 3 || got.Run != "r" || got.Tenant != "t" || got.Missed != "" ||
				len(got.Serving.Digest) != 64 || got.Serving.Digest == got.Shadow.Digest || got.Shadow.Duration <= 0 || got.Shadow.Fuel < 0 {
				t.Errorf("%+v", got)
			}
		})
	}
}

// A shadow gets from its capabilities what the host answered the version that serves,
// and does nothing; what the other did not ask for is refused.
func TestShadowHasNoEffect(t *testing.T) {
	t.Parallel()
	var reached atomic.Int32
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		reached.Add(1)
		_, _ = w.Write([]byte("hello"))
	})
	kept, counted := &shelf{}, &tally{}
	requests := hostapi.Requests{
		HTTP: &hostapi.HTTPGrant{Origins: []string{s.URL}}, KV: &hostapi.KVGrant{}, Secrets: []string{"key"},
		Telemetry: &hostapi.TelemetryGrant{Metrics: []hostapi.MetricNeeds{mailsSent()}},
	}
	grants := plugins.Grants{Origins: []string{s.URL}, KV: true, Telemetry: true, Secrets: map[string]host.Secret{"key": "v"}}
	hmac := step{hostapi.ModuleSecret, hostapi.FuncSecretHMAC, hostapi.HMACRequest{Secret: "key", Message: "m"}}
	put, count := kvPut(hostapi.KVEntry{Key: "k", Value: "v"}), counter("mails_total", 1, map[string]string{"outcome": "sent"})
	taking := func(steps ...step) plugins.Source {
		return plugins.Source{Name: "asking", Wasm: asking(t, requests, deliver, steps...), Grants: grants, Limits: roomyLimits()}
	}
	for _, row := range []struct {
		name   string
		shadow plugins.Source
		missed string
		agree  bool
	}{
		{"the same", func() plugins.Source {
			s := taking(put, get(s.URL), kvGet("none"), hmac, count)
			s.Config = []byte(`{"other":true}`)
			return s
		}(), "", true},
		{"another order", taking(count, hmac, kvGet("none"), get(s.URL), put), "", false},
		{"once more", taking(put, get(s.URL), kvGet("none"), hmac, count, get(s.URL)), "usher:http/v1.fetch", false},
		{"another entry", taking(kvPut(hostapi.KVEntry{Key: "k2", Value: "v"}), get(s.URL), kvGet("none"), hmac, count), "usher:kv/v1.put", false},
	} {
		results, compare := compared(1)
		e := newEngineWith(t, plugins.Deps{KV: kept, Meter: counted, Compare: compare}, plugins.Config{})
		prepare(t, e, releaseOf(1, taking(put, get(s.URL), kvGet("none"), hmac, count), shadowOf(row.shadow))).Commit()
		uses, requests := kept.uses, reached.Load()
		replies := answers(t, e, plugins.Call{})
		got := <-results
		if got.Missed != row.missed || got.Agree != row.agree {
			t.Errorf("%s: missed %q, agree %v: %q", row.name, got.Missed, got.Agree, got.Differences)
		}
		if kept.uses != uses+2 || reached.Load() != requests+1 || len(kept.entries[host.Namespace{Plugin: "asking"}]) != 1 {
			t.Errorf("%s: the store was used %d times, %d requests left", row.name, kept.uses-uses, reached.Load()-requests)
		}
		var theirs []reply
		if err := json.Unmarshal(got.Shadow.Output, &theirs); err != nil || len(theirs) < len(replies) {
			t.Fatalf("%s: the shadow was answered %s, %v", row.name, got.Shadow.Output, err)
		}
		if row.name == "once more" {
			theirs[5].expect(t, hostapi.StatusDenied, hostapi.ReasonNotGranted)
		}
	}
	if got := counted.sums["counter usher_plugin_asking_mails_total map[outcome:sent plugin:asking] Mails."]; got != 4 {
		t.Errorf("counted %v", counted.sums)
	}
}

// Copies that nobody has time for are dropped and counted; no caller waits, and no
// plugin keeps another from its turn.
func TestShadowsThatAreSlow(t *testing.T) {
	t.Parallel()
	begun, goOn := make(chan string, 200), make(chan struct{})
	e := quickEngine(t, plugins.Deps{Compare: func(_ context.Context, c plugins.Comparison) {
		begun <- c.Plugin
		<-goOn
	}})
	other := func(slug string) plugins.Source { return plugins.Source{Name: "other", Wasm: saying(slug)} }
	prepare(t, e, plugins.Release{
		Number: 1, Sources: []plugins.Source{named("one"), other("one")}, Candidates: []plugins.Candidate{shadowOf(named("two")), shadowOf(other("two"))},
	}).Commit()
	ask := func(plugin string, n int) {
		for range n {
			if _, err := e.Call(t.Context(), plugins.Call{Hook: validate, Data: []byte(`{}`), Plugin: plugin}); err != nil {
				t.Fatal(err)
			}
		}
	}
	ask("guest", 2)
	for range 2 {
		<-begun // both workers are held
	}
	ask("guest", 70)
	ask("other", 1)
	dropped := map[string]int64{}
	for _, s := range e.Status() {
		dropped[s.Name] += s.Dropped
	}
	if dropped["guest"] != 70-64 || dropped["other"] != 0 {
		t.Errorf("dropped %v", dropped)
	}
	close(goOn)
	for n := range 65 {
		if plugin := <-begun; plugin == "other" && n > 3 {
			t.Errorf("the other plugin had its turn after %d", n)
		}
	}
}

// A sample has what it takes to ask again, and no secret that the host put in.
func TestSamples(t *testing.T) {
	t.Parallel()
	const link = "https://id.example.com/a/T0ken-of-the-link"
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte("got " + link + " and " + r.Header.Get("Authorization")))
	})
	requests := origins(s.URL)
	requests.Secrets = []string{"key"}
	var samples []plugins.Sample
	e := newEngineWith(t, plugins.Deps{Sample: func(_ context.Context, s plugins.Sample) { samples = append(samples, s) }}, plugins.Config{})
	load(t, e, plugins.Source{
		Name: "asking", Limits: roomyLimits(), Grants: plugins.Grants{Origins: []string{s.URL}, Secrets: map[string]host.Secret{"key": "the-secret-key"}},
		Wasm: asking(t, requests, deliver, fetch(hostapi.HTTPRequest{
			Method: "POST", URL: s.URL, Body: "link: PLACEHOLDER", Auth: &hostapi.HTTPAuth{Secret: "key"},
		})),
	})
	call := plugins.Call{RunID: "r", TenantID: "t", Substitutions: []host.Substitution{{Placeholder: "PLACEHOLDER", Value: link}}}
	answers(t, e, call)
	e.SetSampleRate(1)
	answers(t, e, call)
	e.SetSampleRate(0)
	answers(t, e, call)
	if len(samples) != 1 {
		t.Fatalf("%d samples", len(samples))
	}
	got := samples[0]
	tape, err := json.Marshal(got.Tape)
	if err != nil || len(got.Tape.Entries) != 1 || got.Tape.Entries[0].Status != hostapi.StatusOK || !strings.Contains(string(got.Tape.Entries[0].Request), "PLACEHOLDER") {
		t.Fatalf("%s, %v", tape, err)
	}
	for _, entry := range got.Tape.Entries {
		if all := string(entry.Request) + string(entry.Answer); strings.Contains(all, link) || strings.Contains(all, "the-secret-key") {
			t.Errorf("it has what no guest may see: %s", all)
		}
	}
	var again host.Tape
	if err := json.Unmarshal(tape, &again); err != nil || string(again.Entries[0].Answer) != string(got.Tape.Entries[0].Answer) {
		t.Errorf("it does not come back: %v", err)
	}
	if got.Hook != deliver || got.Run != "r" || got.Tenant != "t" || got.ActorKind != hostapi.ActorAnonymous || string(got.Data) != `{}` || len(got.Output) == 0 {
		t.Errorf("%+v", got)
	}
}

// What does not fit on a tape is left out from there on, and said to be.
func TestTapeIsBounded(t *testing.T) {
	t.Parallel()
	s := serve(t, func(http.ResponseWriter, *http.Request) {})
	big := func(letter string) step {
		return fetch(hostapi.HTTPRequest{Method: "POST", URL: s.URL, Body: strings.Repeat(letter, host.MaxTape*2/5)})
	}
	var samples []plugins.Sample
	e := newEngineWith(t, plugins.Deps{Sample: func(_ context.Context, s plugins.Sample) { samples = append(samples, s) }}, plugins.Config{SampleRate: 1})
	load(t, e, plugins.Source{
		Name: "asking", Limits: roomyLimits(), Grants: granted(s.URL), Wasm: asking(t, origins(s.URL), deliver, big("a"), big("b"), big("c"), get(s.URL)),
	})
	answers(t, e, plugins.Call{})
	if len(samples) != 1 || !samples[0].Tape.Cut || len(samples[0].Tape.Entries) != 2 {
		t.Fatalf("%d samples, cut %v, %d entries", len(samples), samples[0].Tape.Cut, len(samples[0].Tape.Entries))
	}
}

// A sample is asked again, of another version, without the world that it was made in.
func TestSampleIsReplayed(t *testing.T) {
	t.Parallel()
	kept := &shelf{}
	var samples []plugins.Sample
	e := newEngineWith(t, plugins.Deps{KV: kept, Sample: func(_ context.Context, s plugins.Sample) { samples = append(samples, s) }}, plugins.Config{SampleRate: 1})
	taking := func(steps ...step) plugins.Source {
		return plugins.Source{Name: "asking", Wasm: asking(t, keeping(), deliver, steps...), Grants: plugins.Grants{KV: true}, Limits: roomyLimits()}
	}
	put := kvPut(hostapi.KVEntry{Key: "k", Value: "v"})
	load(t, e, taking(put, kvGet("k")))
	answers(t, e, plugins.Call{})
	uses := kept.uses
	for _, row := range []struct {
		next   plugins.Source
		missed string
	}{{taking(kvGet("k"), put), ""}, {taking(kvGet("k"), kvGet("k")), "usher:kv/v1.get"}} {
		ready := prepare(t, e, releaseOf(2, row.next))
		play := samples[0].Tape.Play()
		answer, err := ready.Trials()[0].Ask(t.Context(), plugins.Call{Hook: samples[0].Hook, Data: samples[0].Data}, plugins.StandIns{Play: play})
		if err != nil || play.Missed() != row.missed || !strings.Contains(string(answer.Output), `"value":"v"`) {
			t.Errorf("%s, %v, missed %q", answer.Output, err, play.Missed())
		}
		ready.Abort()
	}
	if kept.uses != uses || len(samples) != 1 {
		t.Errorf("the store was used %d times, %d samples", kept.uses-uses, len(samples))
	}
}
