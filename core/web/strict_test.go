package web_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/usher-id/usher/core/activation"
)

func TestStrictJSON(t *testing.T) {
	t.Parallel()
	h := start(t)
	deep := strings.Repeat(`{"metadata":`, 2000) + `{}` + strings.Repeat(`}`, 2000)
	rows := []struct {
		name, body string
		status     int
		field      string // named in errors
		detail     string // part of it
	}{
		{"valid", signupBody, 202, "", ""},
		{"white space around", " \r\n\t" + signupBody + "\n ", 202, "", ""},
		{"unknown field", `{"email":"a","organization_name":"b","role":"owner"}`, 400, "role", `"role"`},
		{"unknown field below", `{"token":"t","profile":{"is_owner":true}}`, 400, "profile.is_owner", ""},
		{"other case", `{"Email":"a","organization_name":"b"}`, 400, "Email", ""},
		{"duplicate field", `{"email":"a","email":"b","organization_name":"c"}`, 400, "email", "more than once"},
		{"duplicate key of a map", `{"email":"a","organization_name":"c","metadata":{"k":"1","k":"2"}}`, 400, "metadata.k", ""},
		{"wrong type", `{"email":["a@example.com"],"organization_name":"b"}`, 400, "email", "must be a string, not a list"},
		{"number for text", `{"email":1,"organization_name":"b"}`, 400, "email", "must be a string, not this number"},
		{"wrong type below", `{"email":"a","organization_name":"b","metadata":{"k":1}}`, 400, "metadata.k", "must be a string"},
		{"null", `{"email":null,"organization_name":"b"}`, 400, "email", "must not be null; leave it out"},
		{"null for an optional field", `{"email":"a","organization_name":"b","slug":null}`, 400, "slug", "must not be null; leave it out"},
		{"null in a map", `{"email":"a","organization_name":"b","metadata":{"k":null}}`, 400, "metadata.k", "must not be null; leave it out"},
		{"null body", `null`, 400, "", "must be a JSON object"},
		{"absent field", `{"email":"a"}`, 422, "organization_name", ""},
		{"empty field", `{"email":"","organization_name":"b"}`, 422, "email", ""},
		{"trailing value", signupBody + `{}`, 400, "", "at byte"},
		{"trailing text", signupBody + `x`, 400, "", "at byte"},
		{"list", `[` + signupBody + `]`, 400, "", "must be a JSON object"},
		{"text", `"hello"`, 400, "", "must be a JSON object"},
		{"not JSON", `email=a`, 400, "", "at byte"},
		{"cut off", signupBody[:20], 400, "", "too early"},
		{"comment", `{/**/}`, 400, "", "at byte"},
		{"trailing comma", `{"email":"a",}`, 400, "", "at byte"},
		{"invalid UTF-8", "{\"email\":\"a\xff\",\"organization_name\":\"b\"}", 400, "", "UTF-8"},
		{"lone surrogate", `{"email":"\ud800","organization_name":"b"}`, 400, "", "at byte"},
		{"byte order mark", "\ufeff" + signupBody, 400, "", "at byte"},
		{"too deep", deep, 400, "", ""},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			path := "/v1/signups"
			if strings.Contains(row.body, `"token"`) {
				path = "/v1/activations"
			}
			got := h.call("POST", path, row.body)
			equal(t, "status", got.status, row.status)
			if !strings.Contains(got.problem.Detail, row.detail) {
				t.Errorf("%q does not say %q", got.problem.Detail, row.detail)
			}
			if row.field == "" {
				return
			}
			if len(got.problem.Errors) != 1 || got.problem.Errors[0].Field != row.field {
				t.Errorf("the errors %v do not name %s", got.problem.Errors, row.field)
			}
		})
	}
}

func TestAnEmptyBodySaysSo(t *testing.T) {
	t.Parallel()
	h := start(t)
	got := h.call("POST", "/v1/signups", "", "Content-Type: application/json")
	equal(t, "status", got.status, 400)
	equal(t, "detail", got.problem.Detail, "The body is empty. Send a JSON object.")
}

func TestContentTypes(t *testing.T) {
	t.Parallel()
	h := start(t)
	for kind, status := range map[string]int{
		"application/json":                   202,
		"application/json; charset=utf-8":    202,
		"Application/JSON;charset=\"UTF-8\"": 202,
		"application/json; charset=latin1":   415,
		"application/json; charset=utf-8; x": 415,
		"application/problem+json":           415,
		"text/plain":                         415,
		"application/x-www-form-urlencoded":  415,
		"multipart/form-data; boundary=x":    415,
		"":                                   415,
	} {
		request := h.raw("POST /v1/signups HTTP/1.1\r\nHost: x\r\nContent-Type: " + kind + "\r\nContent-Length: " + strconv.Itoa(len(signupBody)) + "\r\n\r\n" + signupBody)
		equal(t, kind, request.status, status)
	}
}

func TestACallWithoutABodyTakesNone(t *testing.T) {
	t.Parallel()
	h := start(t)
	path := tenantPath("/invitations/" + itemID.String() + "/resend")
	equal(t, "empty object", h.call("POST", path, `{}`, signedIn).status, 202)
	equal(t, "something", h.call("POST", path, `{"email":"x"}`, signedIn).status, 400)
	equal(t, "a body of a GET", h.call("GET", "/v1/me", `{"email":"x"}`, signedIn).status, 400)
}

func TestQueries(t *testing.T) {
	t.Parallel()
	h := start(t)
	for query, field := range map[string]string{
		"limit=0":                 "limit",
		"limit=201":               "limit",
		"limit=ten":               "limit",
		"status=unheard":          "status",
		"page=2":                  "page",
		"limit=1&limit=2":         "limit",
		"status=pending&status=x": "status",
	} {
		got := h.call("GET", tenantPath("/invitations?"+query), "", signedIn)
		equal(t, query, got.status, 400)
		if len(got.problem.Errors) != 1 || got.problem.Errors[0].Field != field {
			t.Errorf("%s: the errors %v do not name %s", query, got.problem.Errors, field)
		}
	}
}

func TestLongNamesAreNotRepeated(t *testing.T) {
	t.Parallel()
	h := start(t)
	got := h.call("POST", "/v1/signups", `{"`+strings.Repeat("é", 2000)+`":1}`)
	equal(t, "status", got.status, 400)
	if len(got.body) > 800 {
		t.Errorf("the answer repeats %d bytes", len(got.body))
	}
}

func TestWhatAUseCaseGets(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.call("POST", "/v1/signups", `{"email":"Ö@example.com","organization_name":"b","metadata":{"k":"v"},"redirect_url":"https://x"}`)
	in := h.use.seen().(activation.Signup)
	if in.Email != "Ö@example.com" || in.Metadata["k"] != "v" || in.RedirectURL != "https://x" || in.Idempotency.Given() {
		t.Errorf("got %+v", in)
	}
	h.call("POST", tenantPath("/invitations"), `{"email":"a@example.com","role":"admin","expires_in":3600}`, signedIn)
	invite := h.use.seen().(activation.Invite)
	if invite.TenantID != tenantID || invite.Role != "admin" || invite.ExpiresIn.Hours() != 1 {
		t.Errorf("got %+v", invite)
	}
	got := h.call("POST", tenantPath("/invitations"), `{"email":"a@example.com","role":"admin","expires_in":-1}`, signedIn)
	equal(t, "status", got.status, 422)
	h.call("POST", "/v1/activations", tokenBody, signedIn)
	if by := h.use.seen().(activation.Activate).Actor; by == nil || *by != actor {
		t.Errorf("the session was not taken into account: %v", by)
	}
}
