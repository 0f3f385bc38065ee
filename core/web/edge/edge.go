package edge

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"time"

	"github.com/gofiber/fiber/v2"
	"go.opentelemetry.io/otel/trace"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/signal"
)

// Deps are the parts that a listener needs; all are required.
type Deps struct {
	Log     *slog.Logger
	Tracer  trace.Tracer
	Signals *signal.Signals
	Clock   core.Clock
}

// Config says how patient and how large a listener is. The zero value works.
type Config struct {
	ReadTimeout    time.Duration // for a whole request to arrive; default 5 s
	WriteTimeout   time.Duration // for an answer to be taken; default 15 s
	IdleTimeout    time.Duration // between requests of a connection; default 60 s
	RequestTimeout time.Duration // for a handler, through its context; default 10 s
	MaxConnections int           // at the same time; default 16384
	Heartbeat      time.Duration // longest silence of a stream; default 10 s

	// TrustedProxies are the networks whose X-Forwarded-For, X-Request-Id and
	// traceparent are believed. Default: none.
	TrustedProxies []netip.Prefix

	// AllowedOrigins may post from another site in a browser, as in
	// "https://app.example.com". Default: none.
	AllowedOrigins []string
}

func (c Config) withDefaults() Config {
	orElse(&c.ReadTimeout, 5*time.Second)
	orElse(&c.WriteTimeout, 15*time.Second)
	orElse(&c.IdleTimeout, 60*time.Second)
	orElse(&c.RequestTimeout, 10*time.Second)
	orElse(&c.MaxConnections, 16384)
	orElse(&c.Heartbeat, heartbeat)
	return c
}

func orElse[T comparable](value *T, otherwise T) {
	var zero T
	if *value == zero {
		*value = otherwise
	}
}

// Edge is one listener. Make it with [New], give it its routes with
// [Edge.Mount], then [Edge.Serve].
type Edge struct {
	log     *slog.Logger
	tracer  trace.Tracer
	signals *signal.Signals
	clock   core.Clock
	config  Config
	proxies proxies
	app     *fiber.App

	// What did not reach a route is logged and counted under one of these: the
	// paths could be anything, and there would be too many of them.
	unmatched, malformed *Route
	long                 map[string]*Route // that take more than others, by method and path

	listener net.Listener
	served   chan struct{}
	life     context.Context // of streams
	die      context.CancelFunc
}

// New makes a listener without routes.
func New(d Deps, c Config) (*Edge, error) {
	if d.Log == nil || d.Tracer == nil || d.Signals == nil || d.Clock == nil {
		return nil, errors.New("edge: a logger, a tracer, signals and a clock are required")
	}
	e := &Edge{
		log: d.Log, tracer: d.Tracer, signals: d.Signals, clock: d.Clock,
		config: c.withDefaults(), proxies: c.TrustedProxies,
		unmatched: Route{Method: "_OTHER", Path: "unmatched"}.prepared(),
		malformed: Route{Method: "_OTHER", Path: "unreadable", Quiet: true}.prepared(),
		long:      map[string]*Route{},
	}
	e.life, e.die = context.WithCancel(context.Background())
	e.app = newApp(e)
	return e, nil
}
