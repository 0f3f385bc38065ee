package schema_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/hostapi/internal/schema"
	"github.com/usher-id/usher/hostapi/internal/shape"
)

// compiled are all schemas by name, as a user of another language has them.
func compiled(t *testing.T) map[string]*jsonschema.Schema {
	t.Helper()
	source, err := shape.Load("../..")
	if err != nil {
		t.Fatal(err)
	}
	files, err := schema.All(source)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]*jsonschema.Schema{}
	for name, text := range files {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		c := jsonschema.NewCompiler()
		if err := c.AddResource("urn:"+name, doc); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if all[strings.TrimSuffix(name, ".json")], err = c.Compile("urn:" + name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	return all
}

func TestSamples(t *testing.T) {
	t.Parallel()
	const field = `{"field":"email","code":"c","message":"m"}`
	samples := map[string]struct{ good, bad []string }{
		"envelope": {[]string{`{"abi":"usher/v1","hook":"signup.validate","actor":{"kind":"user","id":"x"},"config":{},"data":{"a":1},"later":true}`}, []string{`{"hook":"no.such"}`, `[]`}},
		"output":   {[]string{`{"outcome":"continue"}`, `{"outcome":"deny","errors":[` + field + `]}`}, []string{`{"outcome":"maybe"}`, `{}`, `{"outcome":"deny","errors":[{"field":"email"}]}`, `{"outcome":"deny","why":1}`}},
		"refusal":  {[]string{`{"reason":"r","detail":"d"}`}, []string{`{"reason":1}`}},
		"manifest": {
			[]string{
				`{"name":"a","version":"1.0.0","hooks":{"signup.validate":{"fields":["email"]}}}`,
				`{"name":"a","version":"1.0.0","hooks":{},"limits":{"wall_ms":100},"config_schema":{"type":"object"},"capabilities":{"http":{"origins":["https://a.example"]},"secrets":["k"],"telemetry":{"spans":true}}}`,
			},
			[]string{`{"name":"a","version":"1.0.0"}`, `{"name":"a","version":"1","hooks":{"x":{"fields":[]}}}`, `{"name":"a","version":"1","hooks":{},"limits":{"wall_ms":10001}}`, `{"name":"a","version":"1","hooks":{},"limits":{"wall_ms":-1}}`, `{"name":"a","version":"1","hooks":{},"more":1}`},
		},
		"signup.validate.question":     {[]string{`{"email":"a@b.example","metadata":null,"later":1}`, `{}`}, []string{`{"email":1}`, `{"metadata":{"a":1}}`}},
		"signup.validate.answer":       {[]string{`{}`, `{"slug":"a","metadata":{"a":"b"}}`}, []string{`{"email":"a@b.example"}`, `{"metadata":[]}`}},
		"tenant.provision.question":    {[]string{`{"attempt":1,"created_at":"2030-01-01T00:00:00Z"}`}, []string{`{"attempt":"1"}`}},
		"tenant.provision.answer":      {[]string{`{"references":{"crm":"1"}}`}, []string{`{"references":{"crm":"` + strings.Repeat("x", hostapi.MaxReferenceValue+1) + `"}}`, `{"references":{"` + strings.Repeat("x", hostapi.MaxReferenceName+1) + `":""}}`}},
		"invitation.validate.question": {[]string{`{"role":"admin","expires_in":3600,"bulk":true}`}, []string{`{"role":"king"}`}},
		"invitation.validate.answer":   {[]string{`{"role":"member","expires_in":60}`}, []string{`{"expires_in":1.5}`, `{"tenant":"x"}`}},
		"activation.validate.question": {[]string{`{"purpose":"invitation","account_exists":false,"tenant":{"name":"A","slug":"a"}}`}, []string{`{"purpose":"fun"}`}},
		"activation.validate.answer":   {[]string{`{"display_name":"A"}`}, []string{`{"email_verified":true}`}},
		"password.check.question":      {[]string{`{"purpose":"reset","facts":{"length":12},"sha1_prefix":"5BAA6"}`}, []string{`{"facts":[]}`}},
		"password.check.answer":        {[]string{`{}`}, []string{`{"password":"x"}`}},
		"message.render.question":      {[]string{`{"kind":"invitation","link":""}`}, []string{`{"kind":"spam"}`}},
		"message.render.answer":        {[]string{`{"subject":"s","html":"h","text":"t"}`}, []string{`{"subject":"s"}`, `{"subject":"` + strings.Repeat("s", hostapi.MaxSubject+1) + `","html":"h","text":"t"}`}},
		"message.route.question":       {[]string{`{"providers":[{"name":"a","up":true}]}`}, []string{`{"providers":["a"]}`}},
		"message.route.answer":         {[]string{`{"providers":["a"],"delay_s":3600}`}, []string{`{"delay_s":3601}`, `{"delay_s":-1}`}},
		"message.send.question":        {[]string{`{"from":{"name":"","email":"a@b.example"}}`}, []string{`{"from":"a@b.example"}`}},
		"message.send.answer":          {[]string{`{"status":"accepted","provider_id":"x"}`, `{"status":"retry","retry_after_s":60}`}, []string{`{}`, `{"status":"sent"}`}},
		"message.status.question":      {[]string{`{"headers":{"a":"b"},"body":""}`}, []string{`{"headers":{"a":["b"]}}`}},
		"message.status.answer":        {[]string{`{}`, `{"reports":[{"provider_id":"x","status":"bounced"}]}`}, []string{`{"reports":[{"status":"lost"}]}`, `{"reports":[{}]}`}},
		"identity.begin.question":      {[]string{`{"state":"s"}`}, []string{`{"state":1}`}},
		"identity.begin.answer":        {[]string{`{"url":"https://a.example"}`}, []string{`{}`}},
		"identity.finish.question":     {[]string{`{"query":{"code":"x"}}`}, []string{`{"query":"code=x"}`}},
		"identity.finish.answer":       {[]string{`{"subject":"s","email":"a@b.example","email_verified":true}`}, []string{`{"subject":"s"}`, `{"subject":"s","email":"","email_verified":true,"role":"owner"}`}},
		"session.claims.question":      {[]string{`{"role":"owner","reason":"refresh"}`}, []string{`{"reason":"x"}`}},
		"session.claims.answer":        {[]string{`{"claims":{"a":[1]}}`, `{}`}, []string{`{"sub":"x"}`}},
		"event.deliver.question":       {[]string{`{"event":{"specversion":"1.0"},"attempt":1}`}, []string{`{"attempt":1.5}`}},
		"event.deliver.answer":         {[]string{`{"acknowledged":false,"retry_after_s":60}`}, []string{`{}`, `{"acknowledged":"yes"}`}},
		"http.fetch.request":           {[]string{`{"method":"GET","url":"https://a.example","auth":{"secret":"k"}}`}, []string{`{"method":"GET"}`, `{"method":"GET","url":"u","cookies":{}}`}},
		"http.fetch.answer":            {[]string{`{"status":200,"headers":{},"body":""}`}, []string{`{"status":"200"}`}},
		"kv.get.request":               {[]string{`{"key":"k"}`}, []string{`{}`, `{"key":"k","tenant":"t"}`}},
		"kv.get.answer":                {[]string{`{"value":"v","expires_at":"2030-01-01T00:00:00Z"}`}, []string{`{"value":1}`}},
		"kv.put.request":               {[]string{`{"key":"k","value":"v","ttl_s":60}`}, []string{`{"key":"k"}`, `{"key":"k","value":"v","ttl_s":31536001}`}},
		"kv.delete.request":            {[]string{`{"key":"k"}`}, []string{`{"key":"` + strings.Repeat("k", hostapi.MaxKVKey+1) + `"}`}},
		"secret.hmac.request":          {[]string{`{"secret":"k","message":"m"}`}, []string{`{"secret":"k"}`}},
		"secret.hmac.answer":           {[]string{`{"equal":true}`}, []string{`{"equal":1}`}},
		"telemetry.metric.request":     {[]string{`{"name":"n","kind":"counter","value":1.5,"labels":{"a":"b"}}`}, []string{`{"name":"n","kind":"gauge","value":1}`}},
		"telemetry.span_start.request": {[]string{`{"name":"n"}`}, []string{`{}`}},
		"telemetry.span_end.request":   {[]string{`{}`, `{"error":true}`}, []string{`{"error":1}`}},
	}
	all := compiled(t)
	for name := range all {
		if len(samples[name].good) == 0 || len(samples[name].bad) == 0 {
			t.Errorf("%s has no samples", name)
		}
	}
	for name, s := range samples {
		if all[name] == nil {
			t.Errorf("there is no schema %s", name)
			continue
		}
		for _, text := range s.good {
			if err := all[name].Validate(value(t, text)); err != nil {
				t.Errorf("%s refuses %s: %v", name, text, err)
			}
		}
		for _, text := range s.bad {
			if all[name].Validate(value(t, text)) == nil {
				t.Errorf("%s takes %.200s", name, text)
			}
		}
	}
}

func value(t *testing.T, text string) any {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

// Every bound of the contract stands in a schema or among those that none can say.
func TestBoundsAreWritten(t *testing.T) {
	t.Parallel()
	source, err := shape.Load("../..")
	if err != nil {
		t.Fatal(err)
	}
	written := schema.Written()
	for _, name := range source.Constants() {
		if strings.HasPrefix(name, "Max") && !written[name] {
			t.Errorf("%s bounds no schema: put it into the table of bounds.go", name)
		}
		delete(written, name)
	}
	for name := range written {
		t.Errorf("bounds.go names %s, which hostapi does not have", name)
	}
}
