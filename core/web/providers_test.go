package web_test

import (
	"strings"
	"testing"

	"github.com/usher-id/usher/core"
)

const callbackPath = "/v1/mail/providers/postman/status"

func TestProviderCallbackIsHandedOnAsItCame(t *testing.T) {
	t.Parallel()
	h := start(t)
	got := h.call("POST", callbackPath+"?a=1&a=2&b=%C3%A9", "event=bounce&id=%3C1%3E",
		"Content-Type: application/x-www-form-urlencoded", "X-Signature: abc", "Cookie: session=1")
	equal(t, "status", got.status, 200)
	equal(t, "body", string(got.body), "")
	c, ok := h.use.seen().(core.Callback)
	if !ok {
		t.Fatalf("the use case was asked with %T", h.use.seen())
	}
	equal(t, "provider and method", c.Provider+" "+c.Method, "postman POST")
	equal(t, "body", c.Body, "event=bounce&id=%3C1%3E")
	equal(t, "parameters", c.Query["a"]+" "+c.Query["b"], "1 é")
	equal(t, "headers", c.Headers["x-signature"]+" "+c.Headers["content-type"]+" "+c.Headers["cookie"], "abc application/x-www-form-urlencoded ")
}

func TestProviderCallbackRefused(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		body   string
		query  string
		err    error
		status int
		code   string
	}{
		"denied":          {err: core.E(core.Unauthenticated, "No."), status: 401, code: "unauthenticated"},
		"plugin failed":   {err: core.E(core.Unavailable, "Later."), status: 503, code: "unavailable"},
		"unknown":         {err: core.E(core.NotFound, "Nothing."), status: 404, code: "not_found"},
		"body not UTF-8":  {body: "\xff", status: 400, code: "malformed_request"},
		"query not UTF-8": {query: "?a=%ff", status: 400, code: "malformed_request"},
		"too long":        {body: strings.Repeat("x", 64<<10+1), status: 413, code: "payload_too_large"},
		"long":            {body: strings.Repeat("x", 64<<10), status: 200},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := start(t)
			h.use.err = tt.err
			got := h.call("POST", callbackPath+tt.query, tt.body, "Content-Type: text/plain")
			equal(t, "status and code", got.status, tt.status)
			equal(t, "code", string(got.problem.Code), tt.code)
		})
	}
}
