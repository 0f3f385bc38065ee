package mail_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"testing"

	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/mail"
	"github.com/usher-id/usher/core/signal"
)

// reader and reports answer with what they are.
type reader struct {
	reports []core.MailReport
	err     error
}

func (r reader) MessageStatus(context.Context, string, core.Callback) ([]core.MailReport, error) {
	return r.reports, r.err
}

type reports struct {
	outcomes []core.ReportOutcome
	err      error
}

func (r reports) RecordReports(context.Context, string, []core.MailReport, string) ([]core.ReportOutcome, error) {
	return r.outcomes, r.err
}

func TestFeedback(t *testing.T) {
	t.Parallel()
	one := []core.MailReport{{ProviderID: "x", Status: core.DeliveryBounced}}
	for name, tt := range map[string]struct {
		provider string
		reader   reader
		store    reports
		code     core.Code
		counted  string
	}{
		"changed":         {provider: "api", reader: reader{reports: one}, store: reports{outcomes: []core.ReportOutcome{core.ReportChanged}}, counted: "bounced"},
		"repeated":        {provider: "api", reader: reader{reports: one}, store: reports{outcomes: []core.ReportOutcome{core.ReportRepeated}}, counted: "repeated"},
		"unknown mail":    {provider: "api", reader: reader{reports: one}, store: reports{outcomes: []core.ReportOutcome{core.ReportUnknown}}, counted: "unknown"},
		"nothing to say":  {provider: "api", store: reports{err: errors.New("not to be asked")}},
		"denied":          {provider: "api", reader: reader{err: core.E(core.Unauthenticated, "No.")}, code: core.Unauthenticated, counted: "rejected"},
		"database away":   {provider: "api", reader: reader{reports: one}, store: reports{err: core.E(core.Unavailable, "Later.")}, code: core.Unavailable},
		"no such":         {provider: "nobody", code: core.NotFound},
		"one without any": {provider: "test", code: core.NotFound},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			read := metric.NewManualReader()
			signals, err := signal.New(metric.NewMeterProvider(metric.WithReader(read)).Meter(""))
			if err != nil {
				t.Fatal(err)
			}
			var log bytes.Buffer
			f, err := mail.NewFeedback(mail.FeedbackDeps{
				Reader: tt.reader, Store: tt.store, Log: slog.New(slog.NewTextHandler(&log, nil)), Tracer: noop.NewTracerProvider().Tracer(""), Signals: signals,
			}, []mail.Provider{&provider{}, adapted(t, silent)})
			if err != nil {
				t.Fatal(err)
			}
			err = f.ProviderCallback(t.Context(), core.Callback{Provider: tt.provider})
			if core.CodeOf(err) != tt.code {
				t.Errorf("got %v, want %q", err, tt.code)
			}
			if got := counted(t, read); got != tt.counted {
				t.Errorf("counted %q, want %q", got, tt.counted)
			}
		})
	}
	if _, err := mail.NewFeedback(mail.FeedbackDeps{}, nil); err == nil {
		t.Error("missing deps are accepted")
	}
}

func silent(string, core.Handover) (core.HandoverAnswer, error) { return core.HandoverAnswer{}, nil }

// counted is the status of the one report that was counted.
func counted(t *testing.T, r metric.Reader) (status string) {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := r.Collect(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			sum, ok := m.Data.(metricdata.Sum[int64])
			if m.Name != signal.MetricEmailStatus || !ok {
				continue
			}
			for _, p := range sum.DataPoints {
				if v, _ := p.Attributes.Value(signal.LabelStatus); p.Value > 0 {
					status += v.AsString()
				}
			}
		}
	}
	return status
}
