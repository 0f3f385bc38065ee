package plugins_test

import (
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/hostapi/host"
	"github.com/usher-id/usher/plugins"
	. "github.com/usher-id/usher/plugins/internal/assemble" //nolint:revive // an assembler reads best unqualified
)

// deliver is a hook from which a plugin may call out.
const deliver = hostapi.HookEventDeliver

// step is one use of a capability: its function and the request.
type step struct {
	module, function string
	request          any // JSON, or a text that is sent as it is
}

func fetch(q hostapi.HTTPRequest) step { return step{hostapi.ModuleHTTP, hostapi.FuncHTTPFetch, q} }

// get fetches a URL.
func get(url string) step { return fetch(hostapi.HTTPRequest{Method: "GET", URL: url}) }

// reply is what a guest was answered.
type reply struct {
	Status hostapi.Status
	Answer jsontext.Value
}

// into decodes an answer of StatusOK.
func (r reply) into(t *testing.T, a any) {
	t.Helper()
	if r.Status != hostapi.StatusOK {
		t.Fatalf("status %d: %s", r.Status, r.Answer)
	}
	if err := json.Unmarshal(r.Answer, a); err != nil {
		t.Fatalf("%s: %v", r.Answer, err)
	}
}

// expect wants a refusal.
func (r reply) expect(t *testing.T, s hostapi.Status, reason string) {
	t.Helper()
	var no hostapi.Refusal
	if err := json.Unmarshal(r.Answer, &no, json.RejectUnknownMembers(true)); err != nil || r.Status != s || no.Reason != reason || no.Detail == "" {
		t.Errorf("got status %d %s, want %d %s", r.Status, r.Answer, s, reason)
	}
}

func request(t testing.TB, v any) []byte {
	t.Helper()
	if text, ok := v.(string); ok {
		return []byte(text)
	}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// asking is a guest that takes the steps in each call, and answers with what it got.
func asking(t testing.TB, r hostapi.Requests, hook hostapi.Hook, steps ...step) []byte {
	t.Helper()
	m := &Module{}
	write, read := m.Core(hostapi.FuncOutputWrite), m.Core(hostapi.FuncResultRead)
	imports := map[string]byte{}
	for _, s := range steps {
		if name := s.module + s.function; imports[name] == 0 {
			imports[name] = m.Import(s.module, s.function, hostapi.CapabilitySignature())
		}
	}
	m.GlobalOf(byte(hostapi.I64), I64Const, 0)
	m.Memory(40)
	const digit, buffer = 0, 20 << 16 // where the status is written, and the answer
	at := 16
	put := func(b []byte) []byte {
		m.Data(at, b)
		code := Code(Int(at), Int(len(b)), Op(Call, write, Drop))
		at += len(b)
		return code
	}
	code := put([]byte("["))
	for i, s := range steps {
		if i > 0 {
			code = append(code, put([]byte(","))...)
		}
		q := request(t, s.request)
		m.Data(at, q)
		code = append(code, Code(Int(at), Int(len(q)), Op(Call, imports[s.module+s.function], GlobalSet, 0))...)
		at += len(q)
		code = append(code, Code(put([]byte(`{"Status":`)),
			Int(digit), Op(GlobalGet, 0, I64Const, 32, I64ShrU, I32WrapI64), Int('0'), Op(I32Add, I32Store8, 0, 0),
			Int(digit), Int(1), Op(Call, write, Drop), put([]byte(`,"Answer":`)),
			Op(GlobalGet, 0, I32WrapI64, I32Eqz, If, Void), put([]byte("null")), Op(End),
			Int(buffer), Int(0), Op(GlobalGet, 0, I32WrapI64, Call, read, Drop),
			Int(buffer), Op(GlobalGet, 0, I32WrapI64, Call, write, Drop),
			put([]byte("}")))...)
	}
	code = append(code, Code(put([]byte("]")), Int(0))...)
	return m.Hook(hook, 0, code...).Custom(hostapi.ManifestSection, request(t, hostapi.Manifest{
		Name: "asking", Version: "1.0.0", Hooks: map[hostapi.Hook]hostapi.HookNeeds{hook: {Fields: []string{}}}, Requests: r,
	})).Wasm()
}

// roomyLimits are those of a call on a busy machine.
func roomyLimits() hostapi.Limits {
	return hostapi.Limits{WallMS: 10_000, CallsOut: 16, OutputBytes: 1 << 20}
}

// ask loads a guest that takes the steps, and calls it once.
func ask(t *testing.T, d plugins.Deps, r hostapi.Requests, g plugins.Grants, steps ...step) []reply {
	t.Helper()
	e := newEngineWith(t, d, plugins.Config{})
	load(t, e, plugins.Source{Name: "asking", Wasm: asking(t, r, deliver, steps...), Grants: g, Limits: roomyLimits()})
	return answers(t, e, plugins.Call{})
}

// answers calls the guest of an engine.
func answers(t *testing.T, e *plugins.Engine, c plugins.Call) []reply {
	t.Helper()
	if c.Data = []byte("{}"); c.Hook == "" {
		c.Hook = deliver
	}
	answer, err := e.Call(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	var replies []reply
	if err := json.Unmarshal(answer.Output, &replies); err != nil {
		t.Fatalf("%s: %v", answer.Output, err)
	}
	return replies
}

func origins(list ...string) hostapi.Requests {
	return hostapi.Requests{HTTP: &hostapi.HTTPGrant{Origins: list}}
}

// A capability is had by who imports it, asks for it in the manifest, and was granted it.
func TestGrants(t *testing.T) {
	t.Parallel()
	const a, b = "https://a.example", "https://b.example"
	hmac := step{hostapi.ModuleSecret, hostapi.FuncSecretHMAC, ""}
	kv := step{hostapi.ModuleKV, hostapi.FuncKVGet, ""}
	metric := step{hostapi.ModuleTelemetry, hostapi.FuncTelemetryMetric, ""}
	for name, tc := range map[string]struct {
		requests hostapi.Requests
		steps    []step
		grants   plugins.Grants
		says     []string // nil: it is loaded
	}{
		"granted":                {origins(a, b), []step{get(a)}, plugins.Grants{Origins: []string{b, a, "https://c.example"}}, nil},
		"the same origin":        {origins(a), []step{get(a)}, plugins.Grants{Origins: []string{"HTTPS://A.Example:443"}}, nil},
		"the operator's choice":  {origins(), []step{get(a)}, plugins.Grants{Origins: []string{a}}, nil},
		"a secret for a fetch":   {hostapi.Requests{HTTP: &hostapi.HTTPGrant{}, Secrets: []string{"key"}}, []step{get(a)}, plugins.Grants{Origins: []string{a}, Secrets: map[string]host.Secret{"key": "v"}}, nil},
		"more than it asks for":  {origins(a), []step{get(a)}, plugins.Grants{Origins: []string{a}, KV: true, Telemetry: true}, nil},
		"not granted":            {origins(a), []step{get(a)}, plugins.Grants{}, []string{"plugin asking: it asks for the origin " + a, "write grants: {http: {origins: [" + a + "]}} at asking in plugins.load"}},
		"one of two not granted": {origins(a, b), []step{get(a)}, plugins.Grants{Origins: []string{a}}, []string{"it asks for the origin " + b + ", which was not granted"}},
		"another port":           {origins(a + ":8443"), []step{get(a)}, plugins.Grants{Origins: []string{a}}, []string{"the origin " + a + ":8443"}},
		"no choice made":         {origins(), []step{get(a)}, plugins.Grants{}, []string{"an origin of the operator's choice (usher:http/v1)"}},
		"no origin asked for":    {origins("https://*.example"), []step{get(a)}, plugins.Grants{}, []string{`"https://*.example"`}},
		"no origin granted":      {origins(a), []step{get(a)}, plugins.Grants{Origins: []string{a + "/path"}}, []string{`grants.http.origins: "https://a.example/path" is more than an origin; write ` + a}},
		"all that is missing": {
			hostapi.Requests{KV: &hostapi.KVGrant{}, Secrets: []string{"key", "other"}, Telemetry: &hostapi.TelemetryGrant{}},
			[]step{kv, hmac, metric},
			plugins.Grants{Secrets: map[string]host.Secret{"key": "v"}},
			[]string{"(usher:kv/v1)", "grants: {kv: true}", "grants: {telemetry: true}", "the secret other, which was not granted", "secrets: {other: its value}"},
		},
		"import not asked for":      {hostapi.Requests{}, []step{get(a)}, plugins.Grants{Origins: []string{a}}, []string{`it imports usher:http/v1.fetch, which its manifest does not ask for; it would have "http" below "capabilities"`}},
		"asked for, not imported":   {hostapi.Requests{KV: &hostapi.KVGrant{}}, nil, plugins.Grants{KV: true}, []string{`asks for the capability "kv", and it does not import usher:kv/v1`}},
		"secrets that nothing uses": {hostapi.Requests{Secrets: []string{"key"}}, nil, plugins.Grants{Secrets: map[string]host.Secret{"key": "v"}}, []string{`asks for the capability "secrets"`}},
		"no store":                  {hostapi.Requests{KV: &hostapi.KVGrant{}}, []step{kv}, plugins.Grants{KV: true}, []string{"this host has no store for usher:kv/v1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEngine(t, plugins.Config{})
			err := e.Load(t.Context(), []plugins.Source{{Name: "asking", Wasm: asking(t, tc.requests, deliver, tc.steps...), Grants: tc.grants}})
			if (err == nil) != (tc.says == nil) {
				t.Fatalf("got %v", err)
			}
			for _, want := range tc.says {
				expectText(t, err.Error(), want)
			}
		})
	}
}

func TestNoManifestNoCapability(t *testing.T) {
	t.Parallel()
	e := newEngine(t, plugins.Config{})
	err := e.Load(t.Context(), []plugins.Source{{
		Name: "bare", Wasm: importing(hostapi.ModuleKV, hostapi.FuncKVGet, hostapi.CapabilitySignature()), Grants: plugins.Grants{KV: true},
	}})
	if err == nil {
		t.Fatal("it was loaded")
	}
	expectText(t, err.Error(), "it imports usher:kv/v1.get, and a plugin without a manifest (the custom section usher.manifest) is granted nothing")
}

// A changed grant or secret is a new version: the old one has the old ones in it.
func TestChangedSecretIsTaken(t *testing.T) {
	t.Parallel()
	e := newEngine(t, plugins.Config{})
	wasm := asking(t, hostapi.Requests{Secrets: []string{"key"}}, deliver,
		step{hostapi.ModuleSecret, hostapi.FuncSecretHMAC, hostapi.HMACRequest{Secret: "key", Message: "m"}})
	seen := map[string]bool{}
	for _, value := range []host.Secret{"one", "two", "two"} {
		load(t, e, plugins.Source{Name: "asking", Wasm: wasm, Grants: plugins.Grants{Secrets: map[string]host.Secret{"key": value}}, Limits: roomyLimits()})
		replies := answers(t, e, plugins.Call{})
		var a hostapi.HMACResult
		replies[0].into(t, &a)
		seen[a.HMAC] = true
	}
	if len(seen) != 2 {
		t.Errorf("%d different answers under two secrets", len(seen))
	}
}

func expectText(t *testing.T, text, want string) {
	t.Helper()
	if !strings.Contains(text, want) {
		t.Errorf("no %q in %q", want, text)
	}
}
