package otlptest

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	collectmetrics "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	collecttraces "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	metricspb "go.opentelemetry.io/proto/otlp/metrics/v1"
	"google.golang.org/protobuf/proto"
)

// maxBody bounds one export, unpacked.
const maxBody = 64 << 20

// Receiver keeps the spans and metrics that it is sent. It is safe for concurrent
// use.
type Receiver struct {
	server *httptest.Server

	mu      sync.Mutex
	spans   []Span
	metrics map[string]*metricspb.Metric // the last of each name
	raw     [][]byte
	failing int           // status to answer with, 0 for taking what comes
	changed chan struct{} // closed and renewed with each export
}

// New starts a receiver that ends with the test.
func New(t testing.TB) *Receiver {
	t.Helper()
	r := Start()
	t.Cleanup(r.Close)
	return r
}

// Start starts a receiver that its caller closes.
func Start() *Receiver {
	r := &Receiver{metrics: map[string]*metricspb.Metric{}, changed: make(chan struct{})}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/traces", receive(r, r.takeTraces))
	mux.HandleFunc("POST /v1/metrics", receive(r, r.takeMetrics))
	r.server = httptest.NewServer(mux)
	return r
}

// Close ends the receiver; what it received can still be read.
func (r *Receiver) Close() { r.server.Close() }

// URL is what telemetry.otlp_endpoint is to be set to.
func (r *Receiver) URL() string { return r.server.URL }

// Fail makes the receiver answer every export with an HTTP status; 0 ends it.
func (r *Receiver) Fail(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failing = status
}

// Contains tells whether a text stands anywhere in what was received, whichever
// field it is in: the net for secrets that must not be there.
func (r *Receiver) Contains(text string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, b := range r.raw {
		if bytes.Contains(b, []byte(text)) {
			return true
		}
	}
	return false
}

// Raw is everything that was received, unpacked, as it was encoded.
func (r *Receiver) Raw() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return bytes.Join(r.raw, nil)
}

// Wait returns when done says so; done is asked again after each export. The
// error is that of ctx.
func (r *Receiver) Wait(ctx context.Context, done func() bool) error {
	for {
		r.mu.Lock()
		changed := r.changed
		r.mu.Unlock()
		if done() {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("wait for telemetry: %w", context.Cause(ctx))
		}
	}
}

// Metric returns the last export of a metric, or nil.
func (r *Receiver) Metric(name string) *metricspb.Metric {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.metrics[name]
}

// receive unpacks an export and hands it on.
func receive(r *Receiver, take func([]byte) (proto.Message, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		if status := r.status(); status != 0 {
			w.WriteHeader(status)
			return
		}
		body, err := unpack(req)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		answer, err := take(body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		out, err := proto.Marshal(answer)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/x-protobuf")
		_, _ = w.Write(out)
	}
}

func (r *Receiver) status() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failing
}

func unpack(req *http.Request) ([]byte, error) {
	if got := req.Header.Get("Content-Type"); got != "application/x-protobuf" {
		return nil, fmt.Errorf("content type %q is not protobuf", got)
	}
	var body io.Reader = req.Body
	if req.Header.Get("Content-Encoding") == "gzip" {
		unzipped, err := gzip.NewReader(req.Body)
		if err != nil {
			return nil, fmt.Errorf("unzip: %w", err)
		}
		body = unzipped
	}
	b, err := io.ReadAll(io.LimitReader(body, maxBody))
	if err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	return b, nil
}

func (r *Receiver) takeTraces(body []byte) (proto.Message, error) {
	var in collecttraces.ExportTraceServiceRequest
	if err := proto.Unmarshal(body, &in); err != nil {
		return nil, fmt.Errorf("unmarshal spans: %w", err)
	}
	var spans []Span
	for _, rs := range in.GetResourceSpans() {
		for _, ss := range rs.GetScopeSpans() {
			for _, s := range ss.GetSpans() {
				spans = append(spans, newSpan(rs.GetResource(), s))
			}
		}
	}
	r.took(body, func() { r.spans = append(r.spans, spans...) })
	return &collecttraces.ExportTraceServiceResponse{}, nil
}

func (r *Receiver) takeMetrics(body []byte) (proto.Message, error) {
	var in collectmetrics.ExportMetricsServiceRequest
	if err := proto.Unmarshal(body, &in); err != nil {
		return nil, fmt.Errorf("unmarshal metrics: %w", err)
	}
	r.took(body, func() {
		for _, rm := range in.GetResourceMetrics() {
			for _, sm := range rm.GetScopeMetrics() {
				for _, m := range sm.GetMetrics() {
					r.metrics[m.GetName()] = m
				}
			}
		}
	})
	return &collectmetrics.ExportMetricsServiceResponse{}, nil
}

func (r *Receiver) took(body []byte, keep func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	keep()
	r.raw = append(r.raw, body)
	close(r.changed)
	r.changed = make(chan struct{})
}
