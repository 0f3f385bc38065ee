package edge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
	"go.opentelemetry.io/otel/codes"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/signal"
)

type callKey struct{}

func callOf(http *fasthttp.RequestCtx) *Call { return http.UserValue(callKey{}).(*Call) }

// serve puts the life of a call around Fiber. It is outermost, so that no way
// through Fiber, a panic included, goes unanswered or uncounted.
func (e *Edge) serve(next fasthttp.RequestHandler) fasthttp.RequestHandler {
	return func(http *fasthttp.RequestCtx) {
		c := e.open(http)
		defer c.close()
		if err := wellFormed(http); err != nil {
			c.fail(err)
			return
		}
		next(http)
	}
}

// unreadable answers what fasthttp could not read as a request.
func (e *Edge) unreadable(http *fasthttp.RequestCtx, err error) {
	c := e.open(http)
	defer c.close()
	c.enter(e.malformed, nil)
	if errors.Is(err, fasthttp.ErrBodyTooLarge) {
		c.fail(e.tooLong(&http.Request.Header))
		return
	}
	c.fail(readError(err))
}

// refuse is Fiber's error handler: what a handler returned, or that there is none.
func (e *Edge) refuse(f *fiber.Ctx, err error) error {
	callOf(f.Context()).fail(routeError(err))
	return nil
}

func (e *Edge) open(http *fasthttp.RequestCtx) *Call {
	c := &Call{edge: e, http: http, began: e.clock.Now()}
	http.SetUserValue(callKey{}, c)
	secure(&http.Response.Header)
	return c
}

// enter tells which route it is, and with it begins the span and the context.
func (c *Call) enter(r *Route, f *fiber.Ctx) {
	c.route, c.fiber = r, f
	c.client = c.edge.proxies.client(c.http)
	id := c.requestID()
	ctx := signal.WithRequest(context.Background(), id, false)
	ctx, c.span = c.startSpan(ctx)
	c.ctx, c.cancel = context.WithTimeout(ctx, c.edge.config.RequestTimeout)
	c.http.Response.Header.Set("X-Request-Id", id)
}

// close ends a call: it is deferred, and so the last resort for a panic.
func (c *Call) close() {
	if panicked := recover(); panicked != nil {
		err := core.E(core.Internal, "").Because("panic").Caused(fmt.Errorf("%v\n%s", panicked, debug.Stack()))
		c.http.ResetBody()
		c.fail(err)
	}
	if c.route == nil {
		c.enter(c.edge.unmatched, nil)
	}
	took, status := c.edge.clock.Now().Sub(c.began), c.http.Response.StatusCode()
	c.edge.signals.HTTPRequest(c.ctx, c.route.Method, c.route.Path, status, took)
	c.log(status, took)
	c.endSpan(status)
	c.cancel()
}

func (c *Call) log(status int, took time.Duration) {
	level := slog.LevelInfo
	if c.route.Quiet && status < 500 {
		level = slog.LevelDebug
	}
	if !c.edge.log.Enabled(c.ctx, level) {
		return
	}
	attrs := append(make([]slog.Attr, 0, 8),
		slog.String("method", c.route.Method), slog.String("route", c.route.Path), slog.Int("status", status),
		slog.Float64("duration_ms", float64(took.Microseconds())/1000), slog.String("client_address", c.client.String()))
	if c.refusal != nil {
		attrs = append(attrs, slog.String("code", string(c.refusal.Code)), slog.String("reason", core.ReasonOf(c.refusal)))
	}
	c.edge.log.LogAttrs(c.ctx, level, "request served", attrs...)
}

func (c *Call) endSpan(status int) {
	if c.span.IsRecording() {
		c.span.SetAttributes(signal.LabelHTTPStatus.Int(status))
		if tenant := signal.TenantID(c.ctx); tenant != "" {
			c.span.SetAttributes(signal.AttrTenantID.String(tenant))
		}
		if c.refusal != nil {
			c.span.SetAttributes(
				signal.AttrErrorType.String(string(c.refusal.Code)),
				signal.AttrOutcome.String(core.ReasonOf(c.refusal)))
		}
		if status >= 500 {
			c.span.SetStatus(codes.Error, "")
		}
	}
	c.span.End()
}
