package web_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/web"
)

// recorder keeps what was said of every span.
type recorder struct {
	noop.Tracer
	mu    sync.Mutex
	spans []*span
}

type span struct {
	noop.Span
	name   string
	parent trace.SpanContext
	config trace.SpanConfig
	said   map[attribute.Key]string
	ended  bool
}

func (r *recorder) Start(ctx context.Context, name string, options ...trace.SpanStartOption) (context.Context, trace.Span) {
	s := &span{name: name, parent: trace.SpanContextFromContext(ctx), config: trace.NewSpanStartConfig(options...), said: map[attribute.Key]string{}}
	s.SetAttributes(s.config.Attributes()...)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.spans = append(r.spans, s)
	return trace.ContextWithSpan(ctx, s), s
}

func (s *span) SpanContext() trace.SpanContext {
	return trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}})
}

func (s *span) IsRecording() bool { return true }

func (s *span) End(...trace.SpanEndOption) { s.ended = true }

func (s *span) SetAttributes(all ...attribute.KeyValue) {
	for _, a := range all {
		s.said[a.Key] = a.Value.String()
	}
}

func TestSpansAreNamedByTheTemplate(t *testing.T) {
	t.Parallel()
	spans := &recorder{}
	h := start(t, func(d *web.Deps, _ *web.Config) { d.Tracer = spans })
	h.use.err = refused(core.InvalidToken)
	h.call("GET", "/a/"+aToken, "")
	h.call("HEAD", "/a/"+aToken, "")
	got := h.call("POST", "/v1/activations", tokenBody)
	h.call("GET", "/b/"+aToken, "")
	h.raw("GET /a/" + aToken + " FTP/1.1\r\n\r\n")

	equal(t, "trace id", got.problem.TraceID, trace.TraceID{1}.String())
	names := []string{"GET /a/{token}", "HEAD /a/{token}", "POST /v1/activations", "_OTHER unmatched", "_OTHER unreadable"}
	spans.mu.Lock()
	defer spans.mu.Unlock()
	for i, s := range spans.spans {
		equal(t, "name", s.name, names[i])
		equal(t, "kind", s.config.SpanKind(), trace.SpanKindServer)
		equal(t, "ended", s.ended, true)
		for key, value := range s.said {
			if strings.Contains(value, aToken[:16]) {
				t.Errorf("the token is in %s", key)
			}
		}
	}
	equal(t, "status", spans.spans[2].said["http.response.status_code"], "410")
	equal(t, "code", spans.spans[2].said["error.type"], "invalid_token")
	equal(t, "reason", spans.spans[2].said["usher.outcome"], "the_true_reason")
	equal(t, "route", spans.spans[2].said["http.route"], "/v1/activations")
}

// TestAStrangersTraceIsLinked and that of a trusted proxy continued.
func TestAStrangersTraceIsLinked(t *testing.T) {
	t.Parallel()
	const theirs = "0af7651916cd43dd8448eb211c80319c"
	for _, trusted := range []bool{false, true} {
		spans := &recorder{}
		h := start(t, func(d *web.Deps, c *web.Config) {
			d.Tracer = spans
			if trusted {
				trusting(d, c)
			}
		})
		got := h.call("GET", "/livez", "", "traceparent: 00-"+theirs+"-b7ad6b7169203331-01", "X-Request-Id: theirs")
		h.call("GET", "/livez", "", "traceparent: nonsense")
		equal(t, "continued", spans.spans[0].parent.TraceID().String() == theirs, trusted)
		equal(t, "links", len(spans.spans[0].config.Links()), map[bool]int{true: 0, false: 1}[trusted])
		equal(t, "request id taken", got.header.Get("X-Request-Id") == "theirs", trusted)
		equal(t, "nonsense continued", spans.spans[1].parent.IsValid(), false)
	}
}
