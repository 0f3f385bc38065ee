package manifest_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/plugins/manifest"
)

// with gives a good manifest with these members put in.
func with(members string) string {
	text := `{"name":"a","version":"1.0.0","hooks":{"signup.validate":{"fields":["email","metadata"]},"message.send":{"fields":[]}}`
	if members != "" {
		text += "," + members
	}
	return text + "}"
}

const everything = `
	"capabilities":{
		"http":{"origins":["https://api.example.com","https://api.example.com:8443","http://127.0.0.1:8025","http://localhost","http://[::1]:80"]},
		"kv":{},"secrets":["api_key"],
		"telemetry":{"spans":true,"metrics":[{"name":"mails","kind":"counter","help":"Mails sent.","labels":{"kind":["a","b"],"ok":["yes","no"]}}]}},
	"limits":{"wall_ms":500,"memory_pages":512},
	"config_schema":{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","additionalProperties":false,
		"properties":{"domains":{"type":"array","items":{"$ref":"#/$defs/domain"}},"on":{"type":"boolean"}},"$defs":{"domain":{"type":"string","pattern":"^[a-z.]+$"}}},
	"fixtures":[
		{"name":"one","hook":"signup.validate","config":{"domains":["a.example"]},"data":{"email":"a@b.example"},"want":{"outcome":"continue","data":{"slug":"x"}}},
		{"name":"two","hook":"message.send","tenant":"t","data":{"to":"a@b.example"},"fails":"no","http":[{"request":{"method":"GET"},"response":{"status":200}}]}]`

func TestGood(t *testing.T) {
	t.Parallel()
	m, err := manifest.Parse([]byte(with(everything)))
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Hooks) != 2 || m.Limits.WallMS != 500 || len(m.Fixtures) != 2 || m.Requests.Telemetry.Metrics[0].Labels["ok"][1] != "no" {
		t.Errorf("read %+v", m)
	}
	for _, version := range []string{"0.0.0", "10.20.30", "1.0.0-alpha.1", "1.0.0-0A.is.legal", "1.0.0+build.1", "2.0.0-rc.1+x"} {
		if _, err := manifest.Parse([]byte(strings.Replace(with(""), "1.0.0", version, 1))); err != nil {
			t.Errorf("%s: %v", version, err)
		}
	}
}

// What is accepted here is accepted by the schema that other languages have.
func TestSchemaTakesIt(t *testing.T) {
	t.Parallel()
	text, err := os.Open("../../hostapi/schema/manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	defer text.Close()
	doc, err := jsonschema.UnmarshalJSON(text)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("urn:m", doc); err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(with(everything)))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.MustCompile("urn:m").Validate(value); err != nil {
		t.Error(err)
	}
}

func TestBad(t *testing.T) {
	t.Parallel()
	origins := func(o string) string { return with(`"capabilities":{"http":{"origins":["` + o + `"]}}`) }
	metric := func(m string) string { return with(`"capabilities":{"telemetry":{"metrics":[` + m + `]}}`) }
	schema := func(s string) string { return with(`"config_schema":` + s) }
	fixture := func(f string) string {
		return with(`"config_schema":{"properties":{"n":{"type":"integer"}}},"fixtures":[` + f + `]`)
	}
	for name, tc := range map[string]struct{ text, says string }{
		"nothing":            {``, "it is no JSON"},
		"no object":          {`[]`, "$: an object was expected, not an array"},
		"twice":              {`{"name":"a","name":"b"}`, "duplicate"},
		"unknown member":     {with(`"capability":{}`), "manifest: capability: there is no such member; did you mean capabilities?"},
		"wrong kind":         {with(`"limits":{"wall_ms":"1s"}`), "manifest: limits.wall_ms: a whole number was expected, not a string"},
		"number for a text":  {strings.Replace(with(""), `"a"`, `5`, 1), "manifest: name: a string was expected, not a number"},
		"fraction":           {with(`"limits":{"wall_ms":1.5}`), "limits.wall_ms: a whole number was expected, not such a number"},
		"object for a hook":  {strings.Replace(with(""), `["email","metadata"]`, `{}`, 1), "hooks.signup.validate.fields: an array was expected, not an object"},
		"member elsewhere":   {with(`"hook":{}`), "hook: there is no such member; did you mean hooks?"},
		"member unlike any":  {with(`"description":""`), "description: there is no such member; there are name, version, hooks, capabilities, limits, config_schema, fixtures"},
		"bad line":           {"{\n  \"name\": \"a\",\n  ]", "it is no JSON from line 2, column 14: "},
		"cut off":            {`{`, "it is no JSON from line 1, column 2: "},
		"large":              {with(`"x":"` + strings.Repeat("x", manifest.MaxBytes) + `"`), "bytes are more than the limit"},
		"name":               {strings.Replace(with(""), `"a"`, `"A B"`, 1), `name: "A B" is not made of lower case letters`},
		"version":            {strings.Replace(with(""), "1.0.0", "1.0", 1), `version: "1.0" is no semantic version; write one such as 1.4.0`},
		"zeros":              {strings.Replace(with(""), "1.0.0", "1.02.0", 1), "version:"},
		"v":                  {strings.Replace(with(""), "1.0.0", "v1.0.0", 1), "version:"},
		"no hooks":           {`{"name":"a","version":"1.0.0","hooks":{}}`, "hooks: there is none"},
		"unknown hook":       {strings.Replace(with(""), "signup.validate", "signup.validated", 1), `there is no hook "signup.validated"; did you mean signup.validate?`},
		"unknown field":      {strings.Replace(with(""), `"email"`, `"e_mail"`, 1), `hooks.signup.validate.fields[0]: signup.validate has no field "e_mail"; did you mean email?`},
		"field twice":        {strings.Replace(with(""), `"metadata"`, `"email"`, 1), "hooks.signup.validate.fields[1]: email is named twice"},
		"plain http":         {origins("http://api.example.com"), `capabilities.http.origins[0]: "http://api.example.com" is not encrypted`},
		"path":               {origins("https://api.example.com/v1"), "is more than an origin; write https://api.example.com"},
		"slash":              {origins("https://api.example.com/"), "is more than an origin"},
		"query":              {origins("https://api.example.com?"), "is more than an origin"},
		"user":               {origins("https://me:pw@api.example.com"), "there is a user in it"},
		"wildcard":           {origins("https://*.example.com"), "the host is no host name"},
		"scheme":             {origins("ftp://api.example.com"), "neither https nor http"},
		"no host":            {origins("https://"), "is no origin"},
		"opaque":             {origins("api.example.com"), "is no origin"},
		"another case":       {origins(`https://a.example","https://A.example:443`), "origins[1]: https://a.example is named twice"},
		"origin twice":       {origins(`https://a.example","https://a.example`), "origins[1]:"},
		"secret":             {with(`"capabilities":{"secrets":["API-KEY"]}`), `capabilities.secrets[0]: "API-KEY" is not snake_case`},
		"secret twice":       {with(`"capabilities":{"secrets":["k","k"]}`), "secrets[1]"},
		"metric name":        {metric(`{"name":"Mails","kind":"counter","help":"h"}`), `capabilities.telemetry.metrics[0].name: "Mails" is not snake_case`},
		"metric kind":        {metric(`{"name":"m","kind":"gauge","help":"h"}`), `metrics[0].kind: "gauge" is neither counter nor histogram`},
		"metric help":        {metric(`{"name":"m","kind":"counter","help":""}`), "metrics[0].help: a line of 1 to 200 bytes"},
		"label":              {metric(`{"name":"m","kind":"counter","help":"h","labels":{"le":["1"]}}`), `the label "le" is not snake_case, or the host's own`},
		"label value":        {metric(`{"name":"m","kind":"counter","help":"h","labels":{"a":["x","x"]}}`), "labels.a[1]"},
		"no label value":     {metric(`{"name":"m","kind":"counter","help":"h","labels":{"a":[]}}`), "has no value"},
		"series":             {metric(`{"name":"m","kind":"counter","help":"h","labels":{"a":` + list(17) + `,"b":` + list(17) + `}}`), "makes more than 256 series"},
		"metric twice":       {metric(`{"name":"m","kind":"counter","help":"h"},{"name":"m","kind":"counter","help":"h"}`), "declared twice"},
		"limit":              {with(`"limits":{"wall_ms":60000}`), "limits.wall_ms: 60000 is not from 1 to 10000"},
		"below zero":         {with(`"limits":{"memory_pages":-1}`), "limits.memory_pages: -1"},
		"schema kind":        {schema(`true`), "config_schema: an object was expected"},
		"no schema":          {schema(`{"type":"thing"}`), "config_schema: it is no JSON Schema: config_schema.type"},
		"schema dialect":     {schema(`{"$schema":"http://json-schema.org/draft-07/schema#"}`), "$schema is not https://json-schema.org/draft/2020-12/schema"},
		"remote reference":   {schema(`{"$ref":"https://example.com/s.json"}`), `$ref "https://example.com/s.json" leads elsewhere; refer to #/$defs/NAME`},
		"file reference":     {schema(`{"properties":{"a":{"$ref":"file:///etc/passwd"}}}`), "leads elsewhere"},
		"lost reference":     {schema(`{"$ref":"#/$defs/a"}`), "leads nowhere"},
		"schema loop":        {schema(`{"$defs":{"a":{"items":{"$ref":"#/$defs/a"}}}}`), "refers to itself"},
		"root loop":          {schema(`{"properties":{"a":{"$ref":"#"}}}`), "leads elsewhere"},
		"schema bomb":        {schema(bomb(20)), "more than 5000 parts"},
		"deep schema":        {schema(strings.Repeat(`{"items":`, 100) + `{}` + strings.Repeat(`}`, 100)), "nested more than 64 deep"},
		"schema id":          {schema(`{"$id":"https://example.com"}`), "$id is not supported"},
		"schema pattern":     {schema(`{"pattern":"("}`), "config_schema"},
		"large schema":       {schema(`{"description":"` + strings.Repeat("x", 70000) + `"}`), "bytes are more than the limit"},
		"fixture name":       {fixture(`{"hook":"signup.validate","data":{},"fails":"x"}`), "fixtures[0].name"},
		"fixture hook":       {fixture(`{"name":"f","hook":"event.deliver","data":{},"fails":"x"}`), `fixtures[0].hook: "event.deliver" is none of the hooks`},
		"fixture data":       {fixture(`{"name":"f","hook":"signup.validate","data":{"mail":"x"},"fails":"x"}`), "fixtures[0].data: mail: there is no such member; did you mean email?"},
		"fixture no data":    {fixture(`{"name":"f","hook":"signup.validate","data":[],"fails":"x"}`), "fixtures[0].data: an object was expected"},
		"fixture config":     {fixture(`{"name":"f","hook":"signup.validate","config":{"n":"x"},"data":{},"fails":"x"}`), "fixtures[0].config.n: got string, want integer"},
		"fixture neither":    {fixture(`{"name":"f","hook":"signup.validate","data":{}}`), "fixtures[0]: one of want and fails was expected"},
		"fixture both":       {fixture(`{"name":"f","hook":"signup.validate","data":{},"want":{"outcome":"continue"},"fails":"x"}`), "one of want and fails"},
		"fixture want":       {fixture(`{"name":"f","hook":"signup.validate","data":{},"want":{"outcome":"continue","data":{"email":"x"}}}`), "fixtures[0].want: data.email: there is no such member; there are slug, metadata; it is to be an answer to signup.validate"},
		"fixture outcome":    {fixture(`{"name":"f","hook":"signup.validate","data":{},"want":{"outcome":"yes"}}`), `the outcome is "yes"`},
		"fixture request":    {fixture(`{"name":"f","hook":"message.send","data":{},"fails":"x","http":[{"request":{},"response":{"status":200}}]}`), "fixtures[0].http[0].request"},
		"fixture status":     {fixture(`{"name":"f","hook":"message.send","data":{},"fails":"x","http":[{"request":{"method":"GET"},"response":{}}]}`), "response.status: 0 is not from 100 to 599"},
		"fixture refusal":    {fixture(`{"name":"f","hook":"message.send","data":{},"fails":"x","http":[{"request":{"method":"GET"},"refused":"tired"}]}`), `fixtures[0].http[0].refused: "tired" is none of name_not_found`},
		"fixture clock":      {fixture(`{"name":"f","hook":"signup.validate","data":{},"fails":"x","now":"today"}`), `fixtures[0].now: "today" is no time`},
		"fixture entry":      {fixture(`{"name":"f","hook":"signup.validate","data":{},"fails":"x","kv":{"":"x"}}`), `fixtures[0].kv: "" is empty`},
		"fixture store":      {fixture(`{"name":"f","hook":"signup.validate","data":{},"fails":"x","kv_refused":"tired"}`), `fixtures[0].kv_refused: "tired" is none of unavailable, quota_exceeded`},
		"fixture name twice": {fixture(`{"name":"f","hook":"signup.validate","data":{},"fails":"x"},{"name":"f","hook":"signup.validate","data":{},"fails":"x"}`), "fixtures[1].name"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := manifest.Parse([]byte(tc.text))
			if err == nil || !strings.HasPrefix(err.Error(), "manifest: ") || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("%.300s\nsays %v\nwant %s", tc.text, err, tc.says)
			}
		})
	}
}

// All that is wrong is said at once, and not without end.
func TestEveryProblem(t *testing.T) {
	t.Parallel()
	_, err := manifest.Parse([]byte(`{"name":"","version":"","hooks":{}}`))
	if err == nil || strings.Count(err.Error(), ";") < 3 {
		t.Errorf("says %v", err)
	}
	fields := strings.Repeat(`"none",`, 2000) + `"none"`
	_, err = manifest.Parse([]byte(`{"name":"a","version":"1.0.0","hooks":{"signup.validate":{"fields":[` + fields + `]}}}`))
	if err == nil || len(err.Error()) > 10_000 || !strings.HasSuffix(err.Error(), "more") {
		t.Errorf("%d bytes: %.200v", len(err.Error()), err)
	}
}

func TestFit(t *testing.T) {
	t.Parallel()
	schema := []byte(`{"type":"object","additionalProperties":false,"required":["on"],"properties":{"on":{"type":"boolean"},"list":{"items":{"type":"string","format":"email"}}}}`)
	for config, says := range map[string]string{
		`{"on":true}`:                            "",
		`{"on":true,"list":["a@b.example"]}`:     "",
		`{}`:                                     "config: missing property 'on'",
		`{"on":"yes"}`:                           "config.on: got string, want boolean",
		`{"on":true,"list":["a@b.example", 1]}`:  "config.list[1]: got number, want string",
		`{"on":true,"off":true}`:                 "config: additional properties 'off' not allowed",
		`{"on":1,"list":[2]}`:                    "config.list[0]: got number, want string",
		`{"on":true,"list":["secret-password"]}`: "config.list[0]:",
		`x`:                                      "config is no JSON",
	} {
		err := manifest.Fit(schema, []byte(config))
		if (says == "") != (err == nil) || (err != nil && !strings.Contains(err.Error(), says)) {
			t.Errorf("%s: %v, want %q", config, err, says)
		}
	}
}

func TestAnswer(t *testing.T) {
	t.Parallel()
	outcome, one, err := manifest.Answer(hostapi.HookSignupValidate, []byte(`{"errors":null, "data":{}, "outcome":"deny"}`))
	if err != nil || outcome != hostapi.Deny || string(one) != `{"outcome":"deny"}` {
		t.Errorf("%s %s %v", outcome, one, err)
	}
	for _, bad := range []string{`{"outcome":"continue","data":{"tenant":"x"}}`, `{}`, `{"outcome":"continue"} x`, ``} {
		if _, _, err := manifest.Answer(hostapi.HookSignupValidate, []byte(bad)); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
	if _, _, err := manifest.Answer("no.such", []byte(`{"outcome":"continue"}`)); err == nil {
		t.Error("a hook that is not there answers")
	}
	for _, h := range hostapi.Hooks() {
		if len(manifest.Fields(h)) == 0 {
			t.Errorf("%s has no fields", h)
		}
	}
}

// FuzzManifest holds the judgement to its word: it never panics, soon ends, and what it
// lets through has known hooks and limits that may be asked for.
func FuzzManifest(f *testing.F) {
	f.Add([]byte(with(everything)))
	f.Add([]byte(with(`"config_schema":` + bomb(5))))
	f.Add([]byte(with(`"fixtures":[{"name":"f","hook":"signup.validate","data":{},"want":{"outcome":"continue"}}]`)))
	f.Fuzz(func(t *testing.T, text []byte) {
		began := time.Now()
		m, err := manifest.Parse(text)
		if took := time.Since(began); took > 5*time.Second {
			t.Fatalf("it took %s", took)
		}
		if err != nil {
			if !strings.HasPrefix(err.Error(), "manifest: ") || len(err.Error()) > 64<<10 {
				t.Errorf("the error is %q", err)
			}
			return
		}
		for h, needs := range m.Hooks {
			if !h.Known() || len(needs.Fields) > len(manifest.Fields(h)) {
				t.Errorf("%s with %v passes", h, needs.Fields)
			}
		}
		if !m.Limits.Within(hostapi.MaxLimits()) {
			t.Errorf("the limits %+v pass", m.Limits)
		}
		if len(m.ConfigSchema) > 0 {
			_ = manifest.Fit(m.ConfigSchema, []byte(`{"a":[1,{"b":"c"}]}`))
		}
	})
}

// list gives an array of n different strings.
func list(n int) string {
	items := make([]string, n)
	for i := range items {
		items[i] = fmt.Sprintf("%q", fmt.Sprint("v", i))
	}
	return "[" + strings.Join(items, ",") + "]"
}

// bomb is a schema that doubles n times.
func bomb(n int) string {
	var b strings.Builder
	b.WriteString(`{"$ref":"#/$defs/d0","$defs":{`)
	for i := range n {
		fmt.Fprintf(&b, `"d%d":{"allOf":[{"$ref":"#/$defs/d%d"},{"$ref":"#/$defs/d%d"}]},`, i, i+1, i+1)
	}
	fmt.Fprintf(&b, `"d%d":{}}}`, n)
	return b.String()
}

// Fixtures of a file are judged as those of a manifest are.
func TestFixturesBeside(t *testing.T) {
	t.Parallel()
	m, err := manifest.Parse([]byte(with(everything)))
	if err != nil {
		t.Fatal(err)
	}
	for text, says := range map[string]string{
		`[{"name":"f","hook":"signup.validate","data":{"email":"x"},"fails":"x"}]`: "",
		`[]`:   "there is no fixture in it",
		`null`: "there is no fixture in it",
		`{}`:   "$: an array was expected, not an object",
		`[{`:   "it is no JSON from line 1, column 3",
		`[{"name":"f","hok":"signup.validate","data":{},"fails":"x"}]`:                                "[0].hok: there is no such member; did you mean hook?",
		`[{"name":"f","hook":"event.deliver","data":{},"fails":"x"}]`:                                 `fixtures[0].hook: "event.deliver" is none of the hooks`,
		`[{"name":"f","hook":"signup.validate","data":{"mail":"x"},"fails":"x"}]`:                     "fixtures[0].data: mail: there is no such member; did you mean email?",
		`[{"name":"f","hook":"signup.validate","data":{"email":5},"fails":"x"}]`:                      "fixtures[0].data: email: a string was expected, not a number",
		`[{"name":"f","hook":"signup.validate","config":{"domains":5},"data":{},"fails":"x"}]`:        "fixtures[0].config.domains: got number, want array",
		`[{"name":"f","hook":"signup.validate","data":{},"want":{"outcome":"continue"},"fails":"x"}]`: "fixtures[0]: one of want and fails was expected",
	} {
		list, err := manifest.ParseFixtures([]byte(text), m)
		if (says == "") != (err == nil) || (err != nil && !strings.Contains(err.Error(), says)) {
			t.Errorf("%s: %d, %v; want %q", text, len(list), err, says)
		}
	}
}
