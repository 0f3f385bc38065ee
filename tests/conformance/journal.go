package conformance

import (
	"context"
	"log/slog"
	"strings"

	"go.opentelemetry.io/otel/trace"
)

// line is something that the guest logged.
type line struct {
	level  slog.Level
	text   string
	callID string
}

// journal is the plugin log. One call at a time writes to it.
type journal struct{ lines []line }

// take gives what was logged since the last time.
func (j *journal) take() []line {
	lines := j.lines
	j.lines = nil
	return lines
}

// Enabled implements [slog.Handler].
func (*journal) Enabled(context.Context, slog.Level) bool { return true }

// Handle implements [slog.Handler].
func (j *journal) Handle(ctx context.Context, r slog.Record) error {
	return (&scribe{journal: j}).Handle(ctx, r)
}

// WithAttrs implements [slog.Handler].
func (j *journal) WithAttrs(attrs []slog.Attr) slog.Handler {
	return (&scribe{journal: j}).WithAttrs(attrs)
}

// WithGroup implements [slog.Handler].
func (j *journal) WithGroup(string) slog.Handler { return j }

// scribe writes the lines of one call.
type scribe struct {
	journal *journal
	callID  string
}

// Enabled implements [slog.Handler].
func (*scribe) Enabled(context.Context, slog.Level) bool { return true }

// WithGroup implements [slog.Handler].
func (s *scribe) WithGroup(string) slog.Handler { return s }

// WithAttrs implements [slog.Handler].
func (s *scribe) WithAttrs(attrs []slog.Attr) slog.Handler {
	next := *s
	for _, a := range attrs {
		if a.Key == "call_id" {
			next.callID = a.Value.String()
		}
	}
	return &next
}

// Handle implements [slog.Handler]: what the guest said has a line, what the host says of it has none.
func (s *scribe) Handle(_ context.Context, r slog.Record) error {
	entry := line{level: r.Level, callID: s.callID, text: r.Message}
	mine := false
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "line" {
			entry.text, mine = a.Value.String(), true
		}
		return true
	})
	if mine || r.Level >= slog.LevelWarn {
		s.journal.lines = append(s.journal.lines, entry)
	}
	return nil
}

// plain undoes what the plugin log does to JSON: a delete character, which JSON has as it is, is escaped in a way that JSON
// does not know.
func plain(text string) string { return strings.ReplaceAll(text, `\x7f`, "\x7f") }

// after gives what follows a word at the beginning of the first line that begins with it.
func after(lines []string, word string) (string, bool) {
	for _, l := range lines {
		if rest, ok := strings.CutPrefix(l, word+" "); ok {
			return plain(rest), true
		}
	}
	return "", false
}

// traced is a context with a span that a guest can be told of.
func traced(ctx context.Context) context.Context {
	c := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1, 2, 3}, SpanID: trace.SpanID{4, 5}, TraceFlags: trace.FlagsSampled})
	return trace.ContextWithSpanContext(ctx, c)
}

// traceparent is the one of traced.
const traceparent = "00-01020300000000000000000000000000-0405000000000000-01"
