package telemetry

import (
	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/sdk"
	"github.com/usher-id/usher/sdk/internal/abi"
	"github.com/usher-id/usher/sdk/internal/wire"
)

// Labels are those of a metric, or the attributes of a span.
type Labels = map[string]string

// Count adds to a counter.
func Count(c *sdk.Call, name string, by float64, labels Labels) error {
	return report(c, &hostapi.Metric{Name: name, Kind: hostapi.MetricCounter, Value: by, Labels: labels})
}

// Record records a value in a histogram.
func Record(c *sdk.Call, name string, value float64, labels Labels) error {
	return report(c, &hostapi.Metric{Name: name, Kind: hostapi.MetricHistogram, Value: value, Labels: labels})
}

func report(c *sdk.Call, m *hostapi.Metric) error {
	i := abi.Import{Module: hostapi.ModuleTelemetry, Name: hostapi.FuncTelemetryMetric, Call: metric}
	_, err := sdk.Use(c, i, wire.AppendMetric(nil, m))
	return err
}

// Start begins a span below the one begun last.
func Start(c *sdk.Call, name string, attributes Labels) error {
	i := abi.Import{Module: hostapi.ModuleTelemetry, Name: hostapi.FuncTelemetrySpanStart, Call: spanStart}
	_, err := sdk.Use(c, i, wire.AppendSpan(nil, &hostapi.Span{Name: name, Attributes: attributes}))
	return err
}

// End ends the span begun last; failed marks it as an error. Spans that are open when
// the call ends are ended then.
func End(c *sdk.Call, failed bool) error {
	i := abi.Import{Module: hostapi.ModuleTelemetry, Name: hostapi.FuncTelemetrySpanEnd, Call: spanEnd}
	_, err := sdk.Use(c, i, wire.AppendSpanEnd(nil, &hostapi.SpanEnd{Error: failed}))
	return err
}
