//! Reports numbers and spans of a plugin. Metrics are declared in the manifest with every label and every value that a
//! label may have; a plugin that uses this module asks for the capability telemetry there.

use crate::capability::{import, tell};
use crate::wire::{Metric, MetricKind, Span, SpanEnd};
use crate::{Call, Refused};

import! { "usher:telemetry/v1": METRIC = lent_metric "metric", START = lent_span_start "span_start", END = lent_span_end "span_end" }

/// Adds to a counter.
pub fn count(call: &Call, name: &str, by: f64, labels: &[(&str, &str)]) -> Result<(), Refused> {
    tell(call, &METRIC, &Metric { name, kind: MetricKind::Counter, value: by, labels }).map(drop)
}

/// Records a value in a histogram.
pub fn record(call: &Call, name: &str, value: f64, labels: &[(&str, &str)]) -> Result<(), Refused> {
    tell(call, &METRIC, &Metric { name, kind: MetricKind::Histogram, value, labels }).map(drop)
}

/// Begins a span below the one begun last.
pub fn start(call: &Call, name: &str, attributes: &[(&str, &str)]) -> Result<(), Refused> {
    tell(call, &START, &Span { name, attributes }).map(drop)
}

/// Ends the span begun last; `failed` marks it as an error. Spans that are open when the call ends are ended then.
pub fn end(call: &Call, failed: bool) -> Result<(), Refused> {
    tell(call, &END, &SpanEnd { error: failed }).map(drop)
}
