package edge

import (
	"strings"

	"github.com/gofiber/fiber/v2"
	"go.opentelemetry.io/otel/trace"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/signal"
)

// The sizes in bytes that a request's body may have.
const (
	BodyNone       = 0        // none, or the JSON object {}
	BodyCredential = 8 << 10  // where a password, a token or an address is taken
	BodyPlain      = 64 << 10 // elsewhere; nothing longer is read for strangers
	BodyReport     = 1 << 20  // a mail that a mail server hands over
	BodyList       = 4 << 20  // a list of 10,000 people
	BodyModule     = 12 << 20 // a plugin's module as base64, with its signature
)

// Route is one row of a listener's table: all that is needed to serve it.
type Route struct {
	Method string
	// Path is the template, as in "/v1/tenants/{tenant_id}". It names the route
	// in logs, traces and metrics.
	Path    string
	MaxBody int
	// Quiet logs what went well at DEBUG only: for what is asked every second.
	Quiet bool
	// Trusts tells whether whoever has this token may send more than [BodyPlain], which is asked
	// before anything of the body is read. It is required where MaxBody is more than that.
	Trusts func(bearer core.Secret) bool
	Handle func(*Call) error

	spanName    string
	spanOptions []trace.SpanStartOption
}

func (r Route) prepared() *Route {
	r.spanName = r.Method + " " + r.Path
	r.spanOptions = []trace.SpanStartOption{
		trace.WithSpanKind(trace.SpanKindServer),
		trace.WithAttributes(signal.LabelHTTPMethod.String(r.Method), signal.LabelHTTPRoute.String(r.Path)),
	}
	return &r
}

// Mount adds routes. A route for GET answers HEAD too. It panics on a method or
// a template that Fiber does not know, which is a mistake in the table.
func (e *Edge) Mount(routes []Route) {
	for _, r := range routes {
		e.mount(r)
		if r.Method == fiber.MethodGet {
			r.Method = fiber.MethodHead
			e.mount(r)
		}
	}
}

func (e *Edge) mount(r Route) {
	route := r.prepared()
	if r.MaxBody > BodyPlain {
		e.long[r.Method+" "+r.Path] = route
	}
	path := strings.NewReplacer("{", ":", "}", "").Replace(r.Path)
	e.app.Add(r.Method, path, func(f *fiber.Ctx) error {
		c := callOf(f.Context())
		c.enter(route, f)
		if err := c.gate(); err != nil {
			return err
		}
		return route.Handle(c)
	})
}
