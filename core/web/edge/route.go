package edge

import (
	"strings"

	"github.com/gofiber/fiber/v2"
	"go.opentelemetry.io/otel/trace"

	"github.com/usher-id/usher/core/signal"
)

// The sizes in bytes that a request's body may have.
const (
	BodyNone       = 0        // none, or the JSON object {}
	BodyCredential = 8 << 10  // where a password, a token or an address is taken
	BodyPlain      = 64 << 10 // elsewhere; nothing longer is read on any route
)

// Route is one row of a listener's table: all that is needed to serve it.
type Route struct {
	Method string
	// Path is the template, as in "/v1/tenants/{tenant_id}". It names the route
	// in logs, traces and metrics.
	Path    string
	MaxBody int
	// Quiet logs what went well at DEBUG only: for what is asked every second.
	Quiet  bool
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
