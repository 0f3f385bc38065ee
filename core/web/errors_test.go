package web_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/web/edge"
)

// refused makes the error of a use case.
func refused(code core.Code) *core.Error {
	return core.E(code, "Words for the caller.").Because("the_true_reason").Caused(errors.New("a secret cause"))
}

// TestErrorTable has every row of the error table of the HTTP API.
func TestErrorTable(t *testing.T) {
	t.Parallel()
	later := func(code core.Code) *core.Error {
		e := refused(code)
		e.RetryAfter = 1500 * time.Millisecond
		return e
	}
	rows := []struct {
		code             core.Code
		status           int
		err              error // of the use case; nil when the edge refuses by itself
		method, path     string
		body             string
		headers          []string
		retry, challenge string
	}{
		{code: core.MalformedRequest, status: 400, path: "/v1/signups", body: `{"email":`},
		{code: core.Unauthenticated, status: 401, path: "/v1/sessions/tenant", body: `{}`, challenge: `Bearer realm="usher"`},
		{code: core.Unauthenticated, status: 401, path: "/v1/sessions/refresh", body: `{"refresh_token":"x"}`, err: refused(core.Unauthenticated), challenge: `Bearer realm="usher", error="invalid_token"`},
		{code: core.InvalidCredentials, status: 401, path: "/v1/sessions", body: `{"email":"a","password":"b"}`, err: refused(core.InvalidCredentials), challenge: `Bearer realm="usher"`},
		{code: core.Forbidden, status: 403, path: tenantPath("/invitations"), body: inviteBody, headers: []string{signedIn}, err: refused(core.Forbidden)},
		{code: core.Forbidden, status: 403, path: "/v1/signups", body: signupBody, headers: []string{"Sec-Fetch-Site: cross-site", "Origin: https://elsewhere.example"}},
		{code: core.DeniedByPolicy, status: 403, path: "/v1/signups", body: signupBody, err: refused(core.DeniedByPolicy)},
		{code: core.NotFound, status: 404, method: "GET", path: tenantPath("/events"), headers: []string{signedIn}, err: refused(core.NotFound)},
		{code: core.NotFound, status: 404, method: "GET", path: "/v1/tenants/not-an-id/events", headers: []string{signedIn}},
		{code: core.NotFound, status: 404, method: "GET", path: "/nowhere"},
		{code: core.MethodNotAllowed, status: 405, method: "PUT", path: "/v1/me", body: `{}`},
		{code: core.Conflict, status: 409, path: "/v1/signups", body: signupBody, err: refused(core.Conflict)},
		{code: core.Conflict, status: 409, method: "PATCH", path: tenantPath(""), body: `{"name":"x","version":1}`, headers: []string{signedIn}, err: refused(core.Conflict)},
		{code: core.ValidationFailed, status: 422, method: "PATCH", path: tenantPath(""), body: `{"colour":"red"}`, headers: []string{signedIn}, err: refused(core.ValidationFailed)},
		{code: core.Forbidden, status: 403, method: "PATCH", path: tenantPath(""), body: `{}`, headers: []string{signedIn}, err: refused(core.Forbidden)},
		{code: core.NotFound, status: 404, method: "PATCH", path: "/v1/tenants/not-an-id", body: `{}`, headers: []string{signedIn}},
		{code: core.NotFound, status: 404, method: "GET", path: tenantPath(""), headers: []string{signedIn}, err: refused(core.NotFound)},
		{code: core.MalformedRequest, status: 400, method: "PATCH", path: tenantPath(""), body: `{"slug":"x"}`, headers: []string{signedIn}},
		{code: core.MalformedRequest, status: 400, method: "PATCH", path: tenantPath(""), body: `{"logo_url":null}`, headers: []string{signedIn}},
		{code: core.Unauthenticated, status: 401, method: "PATCH", path: tenantPath(""), body: `{}`, challenge: `Bearer realm="usher"`},
		{code: core.UnsupportedMedia, status: 415, method: "PATCH", path: tenantPath(""), body: `{}`, headers: []string{signedIn, "Content-Type: text/plain"}},
		{code: core.IdempotencyInFlight, status: 409, path: "/v1/signups", body: signupBody, err: refused(core.IdempotencyInFlight), retry: "1"},
		{code: core.InvalidToken, status: 410, path: "/v1/activations", body: tokenBody, err: refused(core.InvalidToken)},
		{code: core.PayloadTooLarge, status: 413, path: "/v1/sessions", body: `{"email":"` + strings.Repeat("a", 8<<10) + `"}`},
		{code: core.PayloadTooLarge, status: 413, path: "/v1/signups", body: `{"email":"` + strings.Repeat("a", 64<<10) + `"}`},
		{code: core.UnsupportedMedia, status: 415, path: "/v1/signups", body: signupBody, headers: []string{"Content-Type: text/plain"}},
		{code: core.UnsupportedMedia, status: 415, path: "/v1/signups", body: signupBody, headers: []string{"Content-Encoding: gzip"}},
		{code: core.ValidationFailed, status: 422, path: "/v1/signups", body: `{}`},
		{code: core.ValidationFailed, status: 422, path: "/v1/signups", body: signupBody, err: refused(core.ValidationFailed)},
		{code: core.IdempotencyMismatch, status: 422, path: "/v1/signups", body: signupBody, err: refused(core.IdempotencyMismatch)},
		{code: core.RateLimited, status: 429, path: "/v1/signups", body: signupBody, err: later(core.RateLimited), retry: "2"},
		{code: core.Internal, status: 500, path: "/v1/signups", body: signupBody, err: errors.New("a secret cause")},
		{code: core.Internal, status: 500, path: "/v1/signups", body: signupBody, err: refused("made_up")},
		{code: core.Unavailable, status: 503, path: "/v1/signups", body: signupBody, err: later(core.Unavailable), retry: "2"},
		{code: core.Unavailable, status: 503, path: "/v1/signups", body: signupBody, err: fmt.Errorf("a secret cause: %w", context.DeadlineExceeded), retry: "1"},
		{code: core.SignupClosed, status: 503, path: "/v1/signups", body: signupBody, err: refused(core.SignupClosed), retry: "1"},
	}
	proved := map[core.Code]bool{}
	for _, row := range rows {
		proved[row.code] = true
		t.Run(fmt.Sprintf("%d %s %.40s", row.status, row.code, row.path), func(t *testing.T) {
			t.Parallel()
			h := start(t)
			h.use.err = row.err
			method := row.method
			if method == "" {
				method = http.MethodPost
			}
			got := h.call(method, row.path, row.body, row.headers...)
			equal(t, "status", got.status, row.status)
			equal(t, "media type", got.header.Get("Content-Type"), "application/problem+json")
			equal(t, "code", got.problem.Code, row.code)
			equal(t, "status in the body", got.problem.Status, row.status)
			equal(t, "type", got.problem.Type, "/problems/"+string(row.code))
			equal(t, "Retry-After", got.header.Get("Retry-After"), row.retry)
			equal(t, "WWW-Authenticate", got.header.Get("WWW-Authenticate"), row.challenge)
			if strings.Contains(string(got.body), "secret") || strings.Contains(string(got.body), "the_true_reason") {
				t.Errorf("words for the log left the process: %s", got.body)
			}
			if got.problem.Title == "" || got.problem.Detail == "" {
				t.Errorf("a problem without words: %s", got.body)
			}
			if page := h.call(http.MethodGet, got.problem.Type, ""); page.status != 200 {
				t.Errorf("nothing explains %s", got.problem.Type)
			}
		})
	}
	for _, kind := range edge.Kinds() {
		if !proved[kind.Code] {
			t.Errorf("no row for %s", kind.Code)
		}
	}
}

func TestMethodNotAllowedListsTheMethods(t *testing.T) {
	t.Parallel()
	h := start(t)
	equal(t, "Allow", h.call("PUT", "/v1/me", "").header.Get("Allow"), "GET, HEAD")
	equal(t, "Allow", h.call("TRACE", "/v1/signups", "").header.Get("Allow"), "POST")
	equal(t, "status of OPTIONS", h.call("OPTIONS", "/v1/signups", "").status, 405)
}

func TestErrorsAreLoggedOnce(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.use.err = refused(core.Conflict)
	h.call("POST", "/v1/signups", signupBody)
	h.use.err = fmt.Errorf("provision: %w", errors.New("disk full"))
	h.call("POST", "/v1/signups", signupBody)

	served := h.log.all(t, "request served")
	equal(t, "lines for two requests", len(served), 2)
	equal(t, "reason", served[0]["reason"], any("the_true_reason"))
	equal(t, "level", served[0]["level"], any("INFO"))
	failed := h.log.all(t, "request failed")
	if len(failed) != 1 {
		t.Fatalf("%d lines for one failure", len(failed))
	}
	equal(t, "level", failed[0]["level"], any("ERROR"))
	equal(t, "cause", failed[0]["error"], any("provision: disk full"))
}

func TestAPanicIsAnswered(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.use.before = func(context.Context) { panic("boom") }
	got := h.call("POST", "/v1/signups", signupBody)
	equal(t, "status", got.status, 500)
	equal(t, "code", got.problem.Code, core.Internal)
	failed := h.log.all(t, "request failed")
	if len(failed) != 1 || !strings.Contains(fmt.Sprint(failed[0]["error"]), "boom") {
		t.Errorf("the panic is not in the log: %v", failed)
	}
	h.use.before = nil
	equal(t, "status afterwards", h.call("POST", "/v1/signups", signupBody).status, 202)
}

func TestAHandlerHasADeadline(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.use.before = func(ctx context.Context) {
		if _, has := ctx.Deadline(); !has {
			t.Error("the context of a use case has no deadline")
		}
	}
	h.call("POST", "/v1/signups", signupBody)
}
