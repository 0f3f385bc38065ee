// Reports numbers and spans of a plugin. Metrics are declared in the manifest with every label and every value that a
// label may have; a plugin that imports this file asks for the capability telemetry there.

import type { Call } from "./call.ts";
import type { Metric, Span } from "./contract_gen.ts";

/** Those of a metric, or the attributes of a span. */
export type Labels = Record<string, string>;

/** Adds to a counter. */
export function count(call: Call, name: string, by = 1, labels: Labels = {}): void {
  report(call, { name, kind: "counter", value: by, labels });
}

/** Records a value in a histogram. */
export function record(call: Call, name: string, value: number, labels: Labels = {}): void {
  report(call, { name, kind: "histogram", value, labels });
}

function report(call: Call, metric: Metric): void {
  call.use("usher:telemetry/v1.metric", metric);
}

/** Begins a span below the one begun last. */
export function start(call: Call, name: string, attributes: Labels = {}): void {
  const span: Span = { name, attributes };
  call.use("usher:telemetry/v1.span_start", span);
}

/** Ends the span begun last. Spans that are open when the call ends are ended then. */
export function end(call: Call, failed = false): void {
  call.use("usher:telemetry/v1.span_end", { error: failed });
}
