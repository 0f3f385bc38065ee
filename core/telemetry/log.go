package telemetry

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"

	"go.opentelemetry.io/otel/trace"

	"github.com/usher-id/usher/core/signal"
)

// Format is how log lines are written.
type Format string

// The formats: JSON for machines, Text for a terminal.
const (
	JSON Format = "json"
	Text Format = "text"
)

const textTime = "15:04:05.000"

// LogConfig says how to log.
type LogConfig struct {
	Format Format       // JSON when empty
	Level  slog.Leveler // slog.LevelInfo when nil; a *slog.LevelVar can change while it runs
}

// NewLogger makes a logger whose lines carry ts (UTC), level and msg, and from the
// context trace_id, span_id, request_id, tenant_id and synthetic where known. Each
// line is one Write to w.
func NewLogger(w io.Writer, c LogConfig) (*slog.Logger, error) {
	options := &slog.HandlerOptions{Level: c.Level}
	switch c.Format {
	case JSON, "":
		options.ReplaceAttr = jsonTime
		return slog.New(&contextHandler{next: slog.NewJSONHandler(w, options)}), nil
	case Text:
		options.ReplaceAttr = terminalTime
		return slog.New(&contextHandler{next: slog.NewTextHandler(w, options)}), nil
	default:
		return nil, fmt.Errorf("telemetry: unknown log format %q", c.Format)
	}
}

func jsonTime(groups []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey && len(groups) == 0 && a.Value.Kind() == slog.KindTime {
		return slog.Time("ts", a.Value.Time().UTC())
	}
	return a
}

func terminalTime(groups []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey && len(groups) == 0 && a.Value.Kind() == slog.KindTime {
		return slog.String("ts", a.Value.Time().Format(textTime))
	}
	return a
}

// contextHandler adds what the context knows to every line, at its top level
// even below a group.
type contextHandler struct {
	next slog.Handler
	// Below a group, next cannot write at the top any more: root can, and below
	// are the steps from root to next, done again for each line.
	root  slog.Handler
	below []func(slog.Handler) slog.Handler
}

// Enabled implements [slog.Handler].
func (h *contextHandler) Enabled(ctx context.Context, l slog.Level) bool {
	return h.next.Enabled(ctx, l)
}

// Handle implements [slog.Handler].
func (h *contextHandler) Handle(ctx context.Context, r slog.Record) error {
	var room [5]slog.Attr
	known := appendKnown(ctx, room[:0])
	if len(known) == 0 {
		return h.next.Handle(ctx, r)
	}
	if h.root != nil {
		next := h.root.WithAttrs(append([]slog.Attr(nil), known...))
		for _, step := range h.below {
			next = step(next)
		}
		return next.Handle(ctx, r)
	}
	r = r.Clone()
	r.AddAttrs(known...)
	return h.next.Handle(ctx, r)
}

// WithAttrs implements [slog.Handler].
func (h *contextHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	if h.root == nil {
		return &contextHandler{next: h.next.WithAttrs(attrs)}
	}
	return h.deeper(func(n slog.Handler) slog.Handler { return n.WithAttrs(attrs) })
}

// WithGroup implements [slog.Handler].
func (h *contextHandler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	return h.deeper(func(n slog.Handler) slog.Handler { return n.WithGroup(name) })
}

func (h *contextHandler) deeper(step func(slog.Handler) slog.Handler) slog.Handler {
	root := h.root
	if root == nil {
		root = h.next
	}
	below := append(h.below[:len(h.below):len(h.below)], step)
	return &contextHandler{next: step(h.next), root: root, below: below}
}

// appendKnown appends what ctx knows. Both ids share one string.
func appendKnown(ctx context.Context, to []slog.Attr) []slog.Attr {
	if sc := trace.SpanContextFromContext(ctx); sc.IsValid() {
		traceID, spanID := sc.TraceID(), sc.SpanID()
		var b [48]byte
		hex.Encode(b[:32], traceID[:])
		hex.Encode(b[32:], spanID[:])
		ids := string(b[:])
		to = append(to, slog.String(signal.LogTraceID, ids[:32]), slog.String(signal.LogSpanID, ids[32:]))
	}
	if id := signal.RequestID(ctx); id != "" {
		to = append(to, slog.String(signal.LogRequestID, id))
	}
	if id := signal.TenantID(ctx); id != "" {
		to = append(to, slog.String(signal.LogTenantID, id))
	}
	if signal.Synthetic(ctx) {
		to = append(to, slog.Bool(signal.LogSynthetic, true))
	}
	return to
}
