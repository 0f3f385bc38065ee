package redact_test

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/usher-id/usher/core/release/redact"
	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/plugins/manifest"
)

func dataOf(t *testing.T, r *redact.Redactor, h hostapi.Hook, data string) map[string]any {
	t.Helper()
	out, err := r.Data(h, []byte(data))
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(out, &m); err != nil {
		t.Fatalf("%s: %v", out, err)
	}
	return m
}

// What is asked at each hook, each text that is personal with a canary in it.
var questions = map[hostapi.Hook]string{
	hostapi.HookSignupValidate: `{"email":"canary.Anna+tag@company.example","email_domain":"company.example","organization_name":"Canary Söhne & Co","slug":"canary-soehne",` +
		`"display_name":"Anna Canary","locale":"de-CH","metadata":{"plan":"250","note":"call canary on 0791112233","mail":"x canary@other.example y","canary@key.example":"1"}}`,
	hostapi.HookTenantProvision:    `{"tenant_id":"0190a1b2-0000-7000-8000-000000000001","slug":"canary","name":"Canary","owner_id":"0190a1b2-0000-7000-8000-000000000002","locale":"","metadata":{"a":"canary"},"attempt":1,"created_at":"2026-01-02T03:04:05Z"}`,
	hostapi.HookInvitationValidate: `{"email":"canary@company.example","email_domain":"company.example","role":"member","inviter_role":"owner","locale":"en","expires_in":60,"metadata":{"team":"canary"},"bulk":false}`,
	hostapi.HookActivationValidate: `{"purpose":"invitation","email":"canary@company.example","email_domain":"company.example","role":"member","account_exists":true,"tenant":{"name":"Canary AG","slug":"canary-ag"},"display_name":"Canary","locale":"en"}`,
	hostapi.HookPasswordCheck:      `{"purpose":"reset","facts":{"length":9},"sha1_prefix":"CA9A4"}`,
	hostapi.HookMessageRender:      `{"kind":"invitation","locale":"en","tenant":{"name":"Canary","slug":"canary"},"recipient_name":"Canary","inviter_name":"Canary","link":"https://placeholder.example/a","expires_at":"2026-01-02T03:04:05Z"}`,
	hostapi.HookMessageRoute:       `{"kind":"invitation","locale":"en","recipient_domain":"company.example","attempt":1,"age_s":3,"providers":[{"name":"main","up":true}]}`,
	hostapi.HookMessageSend: `{"provider":"main","message_id":"id-1@host.example","attempt":1,"kind":"invitation","from":{"name":"Canary","email":"canary@host.example"},"to":"canary@company.example",` +
		`"subject":"For Canary","text":"Dear Canary, go to https://placeholder.example/a now","html":"<p title=\"canary\">Dear <b>Canary</b> <a href='https://placeholder.example/a'>go</a><!-- canary --></p>","link":"https://placeholder.example/a"}`,
	hostapi.HookMessageStatus:  `{"provider":"main","method":"POST","query":{"token":"canary"},"headers":{"content-type":"application/json","x-canary":"canary"},"body":"{\"event\":\"delivered\",\"email\":\"canary@company.example\",\"name\":\"Canary\",\"n\":3}"}`,
	hostapi.HookIdentityBegin:  `{"provider":"corp","callback_url":"https://app.example.com/in","state":"canary","nonce":"canary","challenge":"canary","login_hint":"canary@company.example","locale":"en"}`,
	hostapi.HookIdentityFinish: `{"provider":"corp","callback_url":"https://app.example.com/in","query":{"code":"canary"},"nonce":"canary","verifier":"canary","private":"{\"x\":\"canary\"}"}`,
	hostapi.HookSessionClaims:  `{"session_id":"0190a1b2-0000-7000-8000-000000000001","user_id":"0190a1b2-0000-7000-8000-000000000002","role":"owner","tenant":{"name":"Canary","slug":"canary"},"reason":"sign_in"}`,
	hostapi.HookEventDeliver:   `{"event":{"specversion":"1.0","type":"UserActivated","source":"https://id.example.com","id":"0190a1b2-0000-7000-8000-000000000003","data":{"email":"canary@company.example","display_name":"Canary","role":"member"}},"attempt":1}`,
}

// Of what a hook is asked, no canary is left; what a plugin decides by is.
func TestDataOfEveryHook(t *testing.T) {
	t.Parallel()
	stays := map[hostapi.Hook][]string{
		hostapi.HookSignupValidate:  {`"email_domain":"company.example"`, `@company.example"`, `"locale":"de-CH"`, `"plan":"250"`, `@other.example`},
		hostapi.HookTenantProvision: {`"tenant_id":"0190a1b2-0000-7000-8000-000000000001"`, `"created_at":"2026-01-02T03:04:05Z"`}, hostapi.HookInvitationValidate: {`"role":"member"`, `"expires_in":60`},
		hostapi.HookActivationValidate: {`"purpose":"invitation"`, `"account_exists":true`}, hostapi.HookPasswordCheck: {`"length":9`},
		hostapi.HookMessageRender: {`"link":"https://placeholder.example/a"`}, hostapi.HookMessageRoute: {`"providers":[{"name":"main","up":true}]`},
		hostapi.HookMessageSend:   {`"message_id":"id-1@host.example"`, `<a href=\"https://placeholder.example/a\">`, ` https://placeholder.example/a `, `@company.example`},
		hostapi.HookMessageStatus: {`\"event\":\"delivered\"`, `\"n\":3`, `"content-type":"application/json"`}, hostapi.HookIdentityBegin: {`"callback_url":"https://app.example.com/in"`},
		hostapi.HookIdentityFinish: {`"provider":"corp"`}, hostapi.HookSessionClaims: {`"reason":"sign_in"`, `"role":"owner"`}, hostapi.HookEventDeliver: {`"type":"UserActivated"`, `"role":"member"`},
	}
	for _, h := range hostapi.Hooks() {
		out, err := redact.New().Data(h, []byte(questions[h]))
		if err != nil {
			t.Errorf("%s: %v", h, err)
			continue
		}
		for _, word := range []string{"canary", "anna", "söhne", "0791112233", "ca9a4"} {
			if strings.Contains(strings.ToLower(strings.ReplaceAll(string(out), "x-canary", "")), word) {
				t.Errorf("%s: %q is left: %s", h, word, out)
			}
		}
		for _, text := range stays[h] {
			if !strings.Contains(string(out), text) {
				t.Errorf("%s: %s is gone: %s", h, text, out)
			}
		}
		var question map[string]any
		if json.Unmarshal([]byte(questions[h]), &question) != nil || len(question) != len(manifest.Fields(h)) {
			t.Errorf("%s: the question has %d members, the contract %d: decide what may stay of each", h, len(question), len(manifest.Fields(h)))
		}
	}
}

// A stand-in has the shape of what it stands for, and is the same wherever that comes.
func TestStandInsAreConsistent(t *testing.T) {
	t.Parallel()
	r := redact.New()
	m := dataOf(t, r, hostapi.HookSignupValidate, `{"email":"Ann.Söhne7@company.example","organization_name":"ANN Παπαδόπουλος 李小龙 Иван 👩‍👩‍👧","slug":"ann-soehne","display_name":"ann söhne7","metadata":{"to":"Write to ann.söhne7@company.example!"}}`)
	email, _ := m["email"].(string)
	name, _ := m["display_name"].(string)
	local, _, _ := strings.Cut(email, "@")
	if !strings.EqualFold(strings.ReplaceAll(local, ".", " "), name) || !strings.HasSuffix(email, "@company.example") {
		t.Errorf("%q is not of %q", email, name)
	}
	if !regexp.MustCompile(`^\p{Lu}\p{Ll}{2}\.\p{Lu}\p{Ll}{4}\d$`).MatchString(local) {
		t.Errorf("%q has another shape", local)
	}
	if to, _ := m["metadata"].(map[string]any)["to"].(string); !strings.Contains(to, strings.ToLower(email)) {
		t.Errorf("%q does not have %q", to, email)
	}
	org, _ := m["organization_name"].(string)
	for _, word := range []string{"ANN", "Παπαδό", "李小龙", "Иван"} {
		if strings.Contains(org, word) {
			t.Errorf("%q has %q", org, word)
		}
	}
	if !regexp.MustCompile(`^[A-Z]{3} \p{Greek}+ \p{Han}{3} \p{Cyrillic}{4} `).MatchString(org) {
		t.Errorf("%q has another shape", org)
	}
	if slug, _ := m["slug"].(string); !strings.HasPrefix(slug, strings.ToLower(org[:3])+"-") {
		t.Errorf("%q does not go with %q", slug, org)
	}
	if again := dataOf(t, redact.New(), hostapi.HookSignupValidate, `{"email":"Ann.Söhne7@company.example"}`); again["email"] == email {
		t.Error("two calls have the same stand-in")
	}
}

// Nasty texts come out as JSON, without what they had.
func TestNastyTexts(t *testing.T) {
	t.Parallel()
	for _, nasty := range []string{
		`canary" onload=x`, "canary\x00\x1f", "ca\u0301nary canary", `\canary\`, "<canary@x.example>", "canary%40company.example", "%63anary canary",
		"mailto:canary@company.example?subject=canary", `"canary"@company.example`, "https://canary:canary@host.example/canary", "CANARY", "\u202ecanary", strings.Repeat("canary ", 500),
		"{\"canary\":\"canary\"}", "[canary", "canary@canary@x.example", "ＣＡＮＡＲＹ canary", "canary.canary.example", "canary@xn--bcher-kva.example",
	} {
		data, err := json.Marshal(hostapi.SignupValidate{Email: nasty, OrganizationName: nasty, Metadata: map[string]string{"k": nasty, nasty: "v"}})
		if err != nil {
			t.Fatal(err)
		}
		out, err := redact.New().Data(hostapi.HookSignupValidate, data)
		if err != nil || !json.Valid(out) || regexp.MustCompile(`(?i)canary`).Match(out) {
			t.Errorf("%q: %s, %v", nasty, out, err)
		}
	}
	for _, broken := range []string{"", "{", `{"a":1}x`, "nonsense canary"} {
		if out, err := redact.New().Data(hostapi.HookSignupValidate, []byte(broken)); err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%q: %s, %v", broken, out, err)
		}
	}
}

const asked = `{"email":"Anna.Canary@company.example","email_domain":"company.example","organization_name":"Canary \"Söhne\"","display_name":"Anna Canary"}`

// What a plugin asks of the host in the words of the question has the digest of what it will
// ask in the words of the redacted question.
func TestRequestsGoWithTheData(t *testing.T) {
	t.Parallel()
	text := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	for name, ask := range map[string]func(m map[string]any) string{
		"a key":            func(m map[string]any) string { return text(hostapi.KVKey{Key: "seen:" + m["email"].(string)}) },
		"in small letters": func(m map[string]any) string { return text(hostapi.KVKey{Key: strings.ToLower(m["email"].(string))}) },
		"the local part":   func(m map[string]any) string { return text(strings.Split(m["email"].(string), "@")[0]) },
		"JSON in JSON": func(m map[string]any) string {
			return text(hostapi.HTTPRequest{Method: "POST", URL: "https://api.company.example/v1/check", Headers: map[string]string{"x-key": "config value"}, Body: text(m)})
		},
		"a query": func(m map[string]any) string {
			return text(hostapi.HTTPRequest{Method: "GET", URL: "https://api.example/?" + "q=" + url.PathEscape(m["organization_name"].(string))})
		},
		"no JSON":          func(m map[string]any) string { return "name: " + m["display_name"].(string) },
		"nothing of it":    func(map[string]any) string { return `{"key":"all"}` },
		"another spelling": func(m map[string]any) string { return ` {"key" : ` + text(m["display_name"]) + `}` },
	} {
		var before map[string]any
		if err := json.Unmarshal([]byte(asked), &before); err != nil {
			t.Fatal(err)
		}
		r := redact.New()
		after := dataOf(t, r, hostapi.HookSignupValidate, asked)
		if kept := r.Request([]byte(ask(before))); string(kept) != string(redact.Form([]byte(ask(after)))) || len(kept) != 32 {
			t.Errorf("%s: %s is not recognised", name, ask(after))
		}
		if string(r.Request([]byte(ask(before)))) == string(redact.Form([]byte(`{"key":"other"}`))) {
			t.Errorf("%s: two requests are one", name)
		}
	}
}

// Answers of the host lose every name and token, and keep what decides.
func TestAnswers(t *testing.T) {
	t.Parallel()
	token := base64.RawURLEncoding.EncodeToString([]byte("canary canary canary canary"))
	body := `{"status":"blocked","score":7,"ok":true,"email":"Anna.Canary@company.example","owner":{"full_name":"Canary Stranger"},"access_token":"` + token + `","kind":"Canary","at":"2026-01-02T03:04:05Z","canary@x.example":[1,"smith"]}`
	response, err := json.Marshal(hostapi.HTTPResponse{Status: 200, Headers: map[string]string{"content-type": "application/json", "x-token": token}, Body: body})
	if err != nil {
		t.Fatal(err)
	}
	value := func(v string) string {
		b, _ := json.Marshal(hostapi.KVValue{Value: v, ExpiresAt: "2026-01-02T03:04:05Z"})
		return string(b)
	}
	for name, row := range map[string]struct {
		module string
		status hostapi.Status
		answer string
		stays  []string
	}{
		"a response":       {hostapi.ModuleHTTP, hostapi.StatusOK, string(response), []string{`"status":200`, `\"status\":\"blocked\"`, `\"score\":7`, `\"ok\":true`, "@company.example", "2026-01-02T03:04:05Z", `"content-type":"application/json"`}},
		"a plain body":     {hostapi.ModuleHTTP, hostapi.StatusOK, `{"status":200,"headers":{},"body":"Hello Canary Stranger"}`, nil},
		"no response":      {hostapi.ModuleHTTP, hostapi.StatusOK, "canary stranger", nil},
		"a refusal":        {hostapi.ModuleHTTP, hostapi.StatusFailed, `{"reason":"unreachable","detail":"canary@company.example is not there"}`, []string{`"reason":"unreachable"`}},
		"an entry":         {hostapi.ModuleKV, hostapi.StatusOK, value("Canary"), []string{"2026-01-02T03:04:05Z"}},
		"a count":          {hostapi.ModuleKV, hostapi.StatusOK, value("42"), []string{`"value":"42"`}},
		"a verdict":        {hostapi.ModuleKV, hostapi.StatusOK, value("blocked"), []string{`"value":"blocked"`}},
		"a small name":     {hostapi.ModuleKV, hostapi.StatusOK, value("stranger"), nil},
		"JSON of an entry": {hostapi.ModuleKV, hostapi.StatusOK, value(`{"state":"active","by":"canary"}`), []string{`\"state\":\"active\"`}},
		"an HMAC":          {hostapi.ModuleSecret, hostapi.StatusOK, `{"hmac":"` + strings.Repeat("cafe", 16) + `","equal":true}`, []string{`"equal":true`}},
		"nothing":          {hostapi.ModuleKV, hostapi.StatusOK, "", nil},
	} {
		r := redact.New()
		dataOf(t, r, hostapi.HookSignupValidate, asked)
		out := string(r.Answer(row.module, row.status, []byte(row.answer)))
		for _, word := range []string{"canary", "anna", "stranger", "smith", strings.ToLower(token), "cafecafe"} {
			if strings.Contains(strings.ToLower(out), word) {
				t.Errorf("%s: %q is left: %s", name, word, out)
			}
		}
		for _, text := range row.stays {
			if !strings.Contains(out, text) {
				t.Errorf("%s: %s is gone: %s", name, text, out)
			}
		}
	}
}

// A verdict has names of the contract and codes, and nothing that a plugin could slip in.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	v := redact.Verdict(hostapi.HookSignupValidate, []byte(`{"outcome":"deny","errors":[{"field":"email","code":"blocked","message":"canary@company.example is not welcome"},`+
		`{"field":"metadata.canary","code":"canary@company.example","message":""},{"field":"canary","code":"x","message":""}]}`))
	got, err := json.Marshal(v)
	if want := `{"Outcome":"deny","Failure":"","Errors":[{"Field":"email","Code":"blocked"},{"Field":"metadata.*","Code":"(not of the contract)"},{"Field":"(not of the contract)","Code":"x"}]}`; err != nil || string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for _, row := range []struct{ a, b, want string }{
		{`{"outcome":"continue","data":{"slug":"canary","metadata":{"a":"b"}}}`, `{"outcome":"continue","data":{"metadata":{"a":"c"}}}`, "data.metadata data.slug"},
		{`{"outcome":"continue"}`, `{"outcome":"deny","errors":[{"field":"a","code":"b","message":"c"}]}`, "outcome errors"},
		{`{"outcome":"deny","errors":[{"field":"a","code":"b","message":"c"}]}`, `{"outcome":"deny","errors":[{"field":"a","code":"b","message":"d"}]}`, "errors.message"},
		{`{"outcome":"continue","data":{"canary@x.example":1}}`, `{"outcome":"continue"}`, "data.(not of the contract)"},
		{`{"outcome":"continue","data":{}}`, `{"outcome":"continue"}`, ""},
		{`nonsense`, `nonsense`, ""},
	} {
		if got := strings.Join(redact.Differing([]byte(row.a), []byte(row.b)), " "); got != row.want {
			t.Errorf("%s and %s: %s", row.a, row.b, got)
		}
	}
}
