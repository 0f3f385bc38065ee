package edge

import (
	"context"
	"net/netip"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
	"go.opentelemetry.io/otel/trace"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/signal"
)

// Call is one request on its way through a handler. It belongs to the goroutine
// of the handler and must not be kept after the handler has returned; the
// strings that it gives may be kept.
type Call struct {
	edge  *Edge
	http  *fasthttp.RequestCtx
	fiber *fiber.Ctx // nil unless a route matched
	route *Route     // nil until entered

	ctx     context.Context
	cancel  context.CancelFunc
	span    trace.Span
	began   time.Time
	client  netip.Addr
	refusal *core.Error // what the answer said, when it was a problem
}

// Context has the span, the scope of package signal, and a deadline.
func (c *Call) Context() context.Context { return c.ctx }

// ForTenant tells logs and metrics below whose work this is.
func (c *Call) ForTenant(id core.ID) {
	if !id.IsZero() {
		c.ctx = signal.WithTenant(c.ctx, id.String())
	}
}

// Param gives a part of the path by its name in the template, not decoded.
func (c *Call) Param(name string) string { return c.fiber.Params(name) }

// ID gives a part of the path that is an id. What is no id names nothing, so
// the answer is that it was not found.
func (c *Call) ID(name string) (core.ID, error) {
	id, err := core.ParseID(c.Param(name))
	if err != nil {
		return core.ID{}, core.E(core.NotFound, "There is nothing here by that id.").Because("not_an_id")
	}
	return id, nil
}

// Header gives a header of the request, "" when it is not there.
func (c *Call) Header(name string) string { return string(c.http.Request.Header.Peek(name)) }

// Raw gives the body as it came; it is good until the handler returns.
func (c *Call) Raw() []byte { return c.http.Request.Body() }

// Callback gives what a request of another system says, whatever it is: the body as it
// came, and the first value of each header and parameter, the names of headers in lower
// case. Cookies are left out. A body that is not UTF-8 is refused, and so is a query or a
// header; nothing shares memory with the request.
func (c *Call) Callback() (query, headers map[string]string, body string, err error) {
	query, headers = map[string]string{}, map[string]string{}
	for key, value := range c.http.QueryArgs().All() {
		first(query, string(key), string(value))
	}
	for key, value := range c.http.Request.Header.All() {
		if name := strings.ToLower(string(key)); name != "cookie" {
			first(headers, name, string(value))
		}
	}
	body = string(c.http.Request.Body())
	for _, m := range []map[string]string{query, headers, {"": body}} {
		for name, value := range m {
			if !utf8.ValidString(name) || !utf8.ValidString(value) {
				return nil, nil, "", core.E(core.MalformedRequest, "The query, the headers and the body must be UTF-8.").Because("not_utf8")
			}
		}
	}
	return query, headers, body, nil
}

func first(m map[string]string, name, value string) {
	if _, given := m[name]; !given {
		m[name] = value
	}
}

// Bearer gives the token of the Authorization header. given is false when there
// is no such header; a header of another kind is an error.
func (c *Call) Bearer() (token core.Secret, given bool, err error) {
	return bearer(c.http.Request.Header.Peek(fiber.HeaderAuthorization))
}

func bearer(header []byte) (token core.Secret, given bool, err error) {
	if len(header) == 0 {
		return "", false, nil
	}
	const scheme = "Bearer "
	if len(header) <= len(scheme) || !strings.EqualFold(string(header[:len(scheme)]), scheme) {
		return "", true, core.E(core.Unauthenticated, "The Authorization header must be: Bearer, a space, and an access token.").
			Because("not_a_bearer_token")
	}
	return core.Secret(header[len(scheme):]), true, nil
}
