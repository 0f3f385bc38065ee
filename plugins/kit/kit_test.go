package kit_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/plugins"
	. "github.com/usher-id/usher/plugins/internal/assemble" //nolint:revive // an assembler reads best unqualified
	"github.com/usher-id/usher/plugins/kit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// answering is a guest that logs a line and writes these bytes.
func answering(output, manifest string) []byte {
	m := &Module{}
	write, log := m.Core(hostapi.FuncOutputWrite), m.Core(hostapi.FuncLog)
	m.Memory(1).Data(0, []byte(output)).Hook(hostapi.HookSignupValidate, 0,
		Code(Int(1), Int(0), Int(4), Op(Call, log), Int(0), Int(len(output)), Op(Call, write, Drop), Int(0))...)
	if manifest != "" {
		m.Custom(hostapi.ManifestSection, []byte(manifest))
	}
	return m.Wasm()
}

// TestNotes shows what a fixture's author may not see: why it was not given what the fixture has.
func TestNotes(t *testing.T) {
	t.Parallel()
	const manifest = `{"name":"g","version":"1.0.0","hooks":{"signup.validate":{"fields":["email_domain"]}},"fixtures":[
		{"name":"f","hook":"signup.validate","data":{"email":"a@b.example","email_domain":"b.example"},"want":{"outcome":"deny"}}]}`
	results, err := kit.Run(t.Context(), answering(`{"outcome":"continue"}`, manifest), nil)
	if err != nil {
		t.Fatal(err)
	}
	const want = "it was not shown email of the data, which hooks.signup.validate.fields of the manifest does not name"
	if got := results[0].Notes; !slices.Equal(got, []string{want}) {
		t.Errorf("the notes are %q", got)
	}
}

// failing is a guest that says so.
func failing() []byte {
	m := &Module{}
	fail := m.Core(hostapi.FuncFail)
	return m.Memory(1).Data(0, []byte("the service is down")).
		Hook(hostapi.HookSignupValidate, 0, Code(Int(0), Int(19), Op(Call, fail), Int(1))...).Wasm()
}

func TestRun(t *testing.T) {
	t.Parallel()
	const hook = hostapi.HookSignupValidate
	wants := func(want string) hostapi.Fixture {
		return hostapi.Fixture{Name: "f", Hook: hook, Data: hostapi.RawJSON(`{"email":"a@b.example"}`), Want: hostapi.RawJSON(want)}
	}
	fails := func(reason string) hostapi.Fixture {
		return hostapi.Fixture{Name: "f", Hook: hook, Data: hostapi.RawJSON(`{}`), Fails: reason}
	}
	exchanging := wants(`{"outcome":"continue"}`)
	exchanging.HTTP = []hostapi.FixtureExchange{{Request: hostapi.HTTPRequest{Method: "GET", URL: "https://a.example"}}}
	for name, tc := range map[string]struct {
		wasm    []byte
		fixture hostapi.Fixture
		problem string // empty when it passes
	}{
		"the same":           {answering(`{"outcome":"continue","data":{}}`, ""), wants(`{"outcome":"continue"}`), ""},
		"another slug":       {answering(`{"outcome":"continue","data":{"slug":"a"}}`, ""), wants(`{"outcome":"continue","data":{"slug":"b"}}`), `$.data.slug: want "b", got "a"`},
		"a denial":           {answering(`{"outcome":"deny"}`, ""), wants(`{"outcome":"continue"}`), `$.outcome: want "continue", got "deny"`},
		"not closed":         {answering(`{"outcome":"continue","data":{"tenant":"x"}}`, ""), wants(`{"outcome":"continue"}`), "the call failed: invalid_output"},
		"a bad code":         {answering(`{"outcome":"deny","errors":[{"field":"email","code":"Bad Code","message":"m"}]}`, ""), wants(`{"outcome":"deny","errors":[{"field":"email","code":"Bad Code","message":"m"}]}`), "the code of an error is not in snake_case"},
		"no member of it":    {answering(`{"outcome":"continue","data":{"slugs":"x"}}`, ""), wants(`{"outcome":"continue"}`), "data.slugs: there is no such member; did you mean slug?"},
		"no JSON":            {answering(`{"outcome":"\ud83d"}`, ""), wants(`{"outcome":"continue"}`), "the output is not JSON from byte 12: invalid surrogate pair"},
		"more than JSON":     {answering(`{"outcome":"continue"} {}`, ""), wants(`{"outcome":"continue"}`), "the output is not JSON, or has something after it"},
		"no answer wanted":   {answering(`{"outcome":"continue"}`, ""), wants(`{"outcome":"yes"}`), "what the fixture wants is no answer to signup.validate"},
		"a failure":          {failing(), fails("service is down"), ""},
		"another failure":    {failing(), fails("the disk is full"), `the call is to fail with "the disk is full", and failed with "failed: the service is down"`},
		"unwanted failure":   {failing(), wants(`{"outcome":"continue"}`), "the call failed: failed: the service is down"},
		"no failure":         {answering(`{"outcome":"continue"}`, ""), fails("x"), `the call is to fail with "x", and answered {"outcome":"continue"}`},
		"a request too few":  {answering(`{"outcome":"continue"}`, ""), exchanging, "request 1: want GET https://a.example, got none"},
		"judged as invalid":  {answering(`{"outcome":"maybe"}`, ""), fails("invalid_output"), ""},
		"with a tenant's id": {answering(`{"outcome":"continue"}`, ""), hostapi.Fixture{Name: "f", Hook: hook, Tenant: "t", Data: hostapi.RawJSON(`{}`), Want: hostapi.RawJSON(`{"outcome":"continue"}`)}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			results, err := kit.Run(t.Context(), tc.wasm, []hostapi.Fixture{tc.fixture})
			if err != nil || len(results) != 1 {
				t.Fatalf("%d results, %v", len(results), err)
			}
			got := results[0]
			if got.Passed() != (tc.problem == "") || !strings.Contains(strings.Join(got.Problems, "\n"), tc.problem) {
				t.Errorf("the problems are %q, want %q", got.Problems, tc.problem)
			}
			if got.Name != "f" || got.Hook != hook || got.Memory != 64<<10 || got.Duration <= 0 {
				t.Errorf("the result is %+v", got)
			}
		})
	}
}

func TestManifestAndConfig(t *testing.T) {
	t.Parallel()
	const manifest = `{"name":"g","version":"1.0.0","hooks":{"signup.validate":{"fields":[]}},"config_schema":{"properties":{"n":{"type":"integer"}}},
		"fixtures":[{"name":"a","hook":"signup.validate","data":{},"want":{"outcome":"continue"}},{"name":"b","hook":"signup.validate","config":{"n":1},"data":{},"want":{"outcome":"deny"}}]}`
	wasm := answering(`{"outcome":"continue"}`, manifest)
	results, err := kit.Run(t.Context(), wasm, nil)
	if err != nil || len(results) != 2 || !results[0].Passed() || results[1].Passed() {
		t.Fatalf("%+v, %v", results, err)
	}
	if len(results[0].Lines) != 1 || results[0].Lines[0] != `INFO {"ou` {
		t.Errorf("it logged %q", results[0].Lines)
	}
	bad := []hostapi.Fixture{{Name: "c", Hook: hostapi.HookSignupValidate, Config: hostapi.RawJSON(`{"n":"x"}`), Data: hostapi.RawJSON(`{}`), Fails: "x"}}
	if _, err := kit.Run(t.Context(), wasm, bad); err == nil || !strings.Contains(err.Error(), `fixture "c"`) || !strings.Contains(err.Error(), "config.n: got string, want integer") {
		t.Errorf("a config that does not fit: %v", err)
	}
}

// fetching is a guest that makes one request and then answers.
func fetching() []byte { return fetchingWith("[]") }

// fetchingWith has fixtures, too.
func fetchingWith(fixtures string) []byte {
	const request, answer = `{"method":"GET","url":"https://a.example/x","auth":{"secret":"key"}}`, `{"outcome":"continue","data":{"status":"retry"}}`
	m := &Module{}
	write, fetch := m.Core(hostapi.FuncOutputWrite), m.Import(hostapi.ModuleHTTP, hostapi.FuncHTTPFetch, hostapi.CapabilitySignature())
	return m.Memory(1).Data(0, []byte(request)).Data(1000, []byte(answer)).Hook(hostapi.HookMessageSend, 0,
		Code(Int(0), Int(len(request)), Op(Call, fetch, Drop), Int(1000), Int(len(answer)), Op(Call, write, Drop), Int(0))...).
		Custom(hostapi.ManifestSection, []byte(`{"name":"f","version":"1.0.0","hooks":{"message.send":{"fields":[]}},"capabilities":{"http":{},"secrets":["key"]},"fixtures":`+fixtures+`}`)).Wasm()
}

// TestExchanges has the fixture's network in the place of the real one.
func TestExchanges(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		request hostapi.HTTPRequest
		problem string
	}{
		"the request":    {hostapi.HTTPRequest{URL: "https://a.example/x", Auth: &hostapi.HTTPAuth{Secret: "key"}}, ""},
		"another":        {hostapi.HTTPRequest{URL: "https://a.example/y"}, "request 1: url: want https://a.example/y, got https://a.example/x"},
		"another's":      {hostapi.HTTPRequest{URL: "https://b.example/x"}, "request 1: want GET https://b.example/x, got none"},
		"another secret": {hostapi.HTTPRequest{URL: "https://a.example/x", Auth: &hostapi.HTTPAuth{Secret: "other"}}, "request 1: auth"},
	} {
		tc.request.Method = "GET"
		results, err := kit.Run(t.Context(), fetching(), []hostapi.Fixture{{
			Name: "f", Hook: hostapi.HookMessageSend, Data: hostapi.RawJSON(`{}`), Want: hostapi.RawJSON(`{"outcome":"continue","data":{"status":"retry"}}`),
			HTTP: []hostapi.FixtureExchange{{Request: tc.request, Response: hostapi.HTTPResponse{Status: 200}}},
		}})
		if err != nil || len(results) != 1 {
			t.Fatalf("%s: %d results, %v", name, len(results), err)
		}
		if got := strings.Join(results[0].Problems, "\n"); (got == "") != (tc.problem == "") || !strings.Contains(got, tc.problem) {
			t.Errorf("%s: %q, want %q", name, got, tc.problem)
		}
	}
}

// keeping is a guest that keeps an entry and then fails with the answer of the store.
func keeping() []byte {
	const request = `{"key":"a","value":"1"}`
	m := &Module{}
	result, fail := m.Core(hostapi.FuncResultRead), m.Core(hostapi.FuncFail)
	put := m.Import(hostapi.ModuleKV, hostapi.FuncKVPut, hostapi.CapabilitySignature())
	return m.Memory(1).Data(0, []byte(request)).Hook(hostapi.HookSignupValidate, 0,
		Code(Int(0), Int(len(request)), Op(Call, put, Drop), Int(1000), Int(1000), Int(0), Int(100), Op(Call, result), Op(Call, fail), Int(1))...).
		Custom(hostapi.ManifestSection, []byte(`{"name":"k","version":"1.0.0","hooks":{"signup.validate":{"fields":[]}},"capabilities":{"kv":{}}}`)).Wasm()
}

// TestEntries begins with the fixture's entries, ends with those that it wants, and has the store refuse.
func TestEntries(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fixture hostapi.Fixture
		problem string
	}{
		"as wanted":      {hostapi.Fixture{Fails: "failed: ", KV: map[string]string{"b": "2"}, Kept: map[string]string{"a": "1", "b": "2"}}, ""},
		"not compared":   {hostapi.Fixture{Fails: "failed: "}, ""},
		"another value":  {hostapi.Fixture{Fails: "failed: ", Kept: map[string]string{"a": "3"}}, `kept "a": $: want 3, got 1`},
		"one too many":   {hostapi.Fixture{Fails: "failed: ", Kept: map[string]string{}}, `kept "a": want nothing, got 1`},
		"one too few":    {hostapi.Fixture{Fails: "failed: ", Kept: map[string]string{"a": "1", "c": "x"}}, `kept "c": want x, got nothing`},
		"no store":       {hostapi.Fixture{Fails: `"reason":"unavailable"`, KVRefused: hostapi.ReasonStore, Kept: map[string]string{}}, ""},
		"a full store":   {hostapi.Fixture{Fails: `"reason":"quota_exceeded"`, KVRefused: hostapi.ReasonQuota}, ""},
		"what was there": {hostapi.Fixture{Fails: "failed: ", KV: map[string]string{"a": "0"}, Kept: map[string]string{"a": "1"}}, ""},
	} {
		tc.fixture.Name, tc.fixture.Hook, tc.fixture.Data = "f", hostapi.HookSignupValidate, hostapi.RawJSON(`{}`)
		results, err := kit.Run(t.Context(), keeping(), []hostapi.Fixture{tc.fixture})
		if err != nil || len(results) != 1 {
			t.Fatalf("%s: %d results, %v", name, len(results), err)
		}
		if got := strings.Join(results[0].Problems, "\n"); (got == "") != (tc.problem == "") || !strings.Contains(got, tc.problem) {
			t.Errorf("%s: %q, want %q", name, got, tc.problem)
		}
	}
}

// telling is a guest that fails with the last byte of its clock, which is in milliseconds.
func telling() []byte {
	m := &Module{}
	now, fail := m.Core(hostapi.FuncNowMS), m.Core(hostapi.FuncFail)
	return m.Memory(1).Hook(hostapi.HookSignupValidate, 0,
		Code(Int(0), Op(Call, now), Op(I32WrapI64), Op(I32Store8, 0, 0), Int(0), Int(1), Op(Call, fail), Int(1))...).Wasm()
}

func TestClock(t *testing.T) {
	t.Parallel()
	f := hostapi.Fixture{Name: "f", Hook: hostapi.HookSignupValidate, Data: hostapi.RawJSON(`{}`), Fails: "failed: A", Now: "1970-01-01T00:00:00.065Z"}
	results, err := kit.Run(t.Context(), telling(), []hostapi.Fixture{f})
	if err != nil || len(results) != 1 || !results[0].Passed() {
		t.Fatalf("%+v, %v", results, err)
	}
	f.Now = "tomorrow"
	if _, err := kit.Run(t.Context(), telling(), []hostapi.Fixture{f}); err == nil || !strings.Contains(err.Error(), `now: "tomorrow" is no time`) {
		t.Errorf("a clock that is none: %v", err)
	}
}

func TestNothingToRun(t *testing.T) {
	t.Parallel()
	good := answering(`{"outcome":"continue"}`, "")
	other := []hostapi.Fixture{{Name: "f", Hook: hostapi.HookMessageRender, Data: hostapi.RawJSON(`{}`), Fails: "x"}}
	for name, tc := range map[string]struct {
		wasm     []byte
		fixtures []hostapi.Fixture
		says     string
	}{
		"no fixtures":    {good, nil, "there are no fixtures"},
		"no module":      {[]byte("x"), other, "no core WebAssembly module"},
		"not served":     {good, other, "does not serve message.render"},
		"trap at start":  {trapping(), other, "unreachable"},
		"a bad manifest": {answering("", `{}`), other, "manifest"},
	} {
		if _, err := kit.Run(t.Context(), tc.wasm, tc.fixtures); err == nil || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: %v, want %s", name, err, tc.says)
		}
	}
}

// trapping is a guest whose start-up crashes.
func trapping() []byte {
	m := (&Module{}).Memory(1)
	m.Hook(hostapi.HookSignupValidate, 0, Int(0)...)
	return m.Export(hostapi.ExportInitialize, m.Func(hostapi.Signature{}, 0, Unreachable)).Wasm()
}

// A guest that uses every capability gets what it asks for. Its second fixture has it
// send what the fixture does not expect.
func TestCapabilities(t *testing.T) {
	t.Parallel()
	wasm := packed(t, "testdata/sender")
	facts, err := plugins.Inspect(wasm)
	if err != nil || len(facts.Capabilities) != 8 {
		t.Errorf("%v, %v", facts.Capabilities, err)
	}
	results, err := kit.Run(t.Context(), wasm, nil)
	if err != nil || len(results) != 2 || !results[0].Passed() {
		t.Fatalf("%+v, %v", results, err)
	}
	if got := results[1]; len(got.Problems) != 1 || got.Problems[0] != "request 1: want none, got POST https://mail.example/v1/send" ||
		len(got.Lines) != 1 || !strings.Contains(got.Lines[0], "broken_exchange") {
		t.Errorf("an unexpected request: %+v", got)
	}
	manifest := []byte(`{"name":"sender","version":"0.1.0","hooks":{"message.send":{"fields":[]}},"capabilities":{"kv":{}}}`)
	if _, err := plugins.Pack(wasm, manifest); err == nil || !strings.Contains(err.Error(), "which its manifest does not ask for") {
		t.Errorf("a manifest that asks for less: %v", err)
	}
}

// The bundled plugins do in the real runtime what their manifests promise.
func TestBundled(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"company-domain", "http-mail", "mail-templates"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wasm := packed(t, "../bundled/"+name)
			facts, err := plugins.Inspect(wasm)
			if err != nil || facts.Manifest.Name != name || len(facts.Manifest.Fixtures) < 3 {
				t.Errorf("%+v, %v", facts, err)
			}
			kit.Test(t, wasm, nil)
		})
	}
}

// packed builds a guest of the Go SDK and packs its manifest.json.
func packed(t *testing.T, folder string) []byte {
	t.Helper()
	out := filepath.Join(t.TempDir(), "guest.wasm")
	build := exec.Command("go", "build", "-buildmode=c-shared", "-trimpath", "-ldflags=-s -w", "-o", out, "./"+folder)
	build.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	wasm, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := os.ReadFile(filepath.Join(folder, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	whole, err := plugins.Pack(wasm, manifest)
	if err != nil {
		t.Fatal(err)
	}
	return whole
}
