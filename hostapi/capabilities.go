package hostapi

// A capability is an import module of its own, so the import section of a guest is the
// list of what it can do. The operator grants each by the name of its module.
const (
	ModuleHTTP      = "usher:http/v1"
	ModuleKV        = "usher:kv/v1"
	ModuleSecret    = "usher:secret/v1"
	ModuleTelemetry = "usher:telemetry/v1"
)

// The functions of the capabilities. All have one shape, [CapabilitySignature]: the
// request is JSON of the type beside the name; what comes back is a [Result], and the
// answer itself, JSON of the second type, is read with [FuncResultRead].
const (
	FuncHTTPFetch = "fetch" // HTTPRequest, HTTPResponse

	FuncKVGet    = "get"    // KVKey, KVValue
	FuncKVPut    = "put"    // KVEntry, nothing
	FuncKVDelete = "delete" // KVKey, nothing

	FuncSecretHMAC = "hmac" // HMACRequest, HMACResult

	FuncTelemetryMetric    = "metric"     // Metric, nothing
	FuncTelemetrySpanStart = "span_start" // Span, nothing
	FuncTelemetrySpanEnd   = "span_end"   // SpanEnd, nothing
)

// Capability is a capability's module and the names of its functions.
type Capability struct {
	Module    string
	Functions []string
}

// Capabilities lists every capability of the contract in a fixed order.
func Capabilities() []Capability {
	return []Capability{
		{ModuleHTTP, []string{FuncHTTPFetch}},
		{ModuleKV, []string{FuncKVGet, FuncKVPut, FuncKVDelete}},
		{ModuleSecret, []string{FuncSecretHMAC}},
		{ModuleTelemetry, []string{FuncTelemetryMetric, FuncTelemetrySpanStart, FuncTelemetrySpanEnd}},
	}
}

// CapabilitySignature is the type of every function of a capability: (request, its
// length) -> [Result].
func CapabilitySignature() Signature {
	return Signature{Params: []ValueType{I32, I32}, Results: []ValueType{I64}}
}

// Result is what a function of a capability gives: a status in the upper 32 bits and
// the length of the answer in bytes in the lower 32.
type Result int64

// Status says whether a capability did what was asked.
type Status int32

// The statuses. Only the answer of StatusOK is of the function's type; the others come
// with a [Refusal].
const (
	StatusOK       Status = 0
	StatusInvalid  Status = 1 // the request is malformed
	StatusDenied   Status = 2 // the grant does not cover it
	StatusFailed   Status = 3 // it was tried and failed
	StatusOver     Status = Status(StatusLimit)
	StatusNotFound Status = 5
)

// NewResult packs a status and a length.
func NewResult(s Status, length int) Result { return Result(int64(s)<<32 | int64(uint32(length))) } //nolint:gosec // bounded by Limits.ResultBytes

// Status unpacks the status.
func (r Result) Status() Status { return Status(r >> 32) } //nolint:gosec // the upper half

// Length unpacks the length.
func (r Result) Length() int { return int(uint32(r)) } //nolint:gosec // the lower half

// MaxRequestBytes bounds one request to a capability.
const MaxRequestBytes = 1 << 20

// Refusal says why a capability did not do what was asked. Reason is stable and
// snake_case; Detail is for the author and never holds what the host keeps from guests.
type Refusal struct {
	Reason string `json:"reason"`
	Detail string `json:"detail"`
}

// Error says it in one line: what plays the network in a trial refuses with it.
func (r *Refusal) Error() string { return r.Reason + ": " + r.Detail }

// The reasons of a [Refusal], with the status that each comes with.
const (
	ReasonMalformed  = "malformed"          // StatusInvalid: the request is not of its type, or breaks a bound of it
	ReasonUndeclared = "undeclared"         // StatusInvalid: a metric, label or value that the manifest does not have
	ReasonNotGranted = "not_granted"        // StatusDenied: an origin, a secret, spans
	ReasonHook       = "no_calls_from_hook" // StatusDenied: [Hook.CallsOut] is false
	ReasonAddress    = "address_refused"    // StatusDenied: the name leads to an address that no plugin may reach
	ReasonNoSuchName = "name_not_found"     // StatusFailed: the host name does not resolve
	ReasonNoAnswer   = "unreachable"        // StatusFailed: there is no connection
	ReasonTLS        = "tls_failed"         // StatusFailed: the other side's certificate or TLS is not good
	ReasonBroken     = "broken_exchange"    // StatusFailed: the exchange ended before its end
	ReasonSecret     = "secret_unfit"       // StatusFailed: the secret's value cannot stand in a header
	ReasonStore      = "unavailable"        // StatusFailed: the key-value store did not answer
	ReasonRehearsal  = "rehearsal"          // StatusFailed: a warm-up call does nothing
	ReasonCalls      = "too_many_calls"     // StatusOver: Limits.CallsOut is used up
	ReasonTooLarge   = "too_large"          // StatusOver: the request or the answer
	ReasonQuota      = "quota_exceeded"     // StatusOver: MaxKVEntries or MaxKVBytes
	ReasonTooMany    = "too_many_reports"   // StatusOver: MaxMetrics or MaxSpans
	ReasonNotFound   = "not_found"          // StatusNotFound
)

// The bounds of an [HTTPRequest].
const (
	MaxHTTPURL         = 8 << 10  // bytes
	MaxHTTPHeaders     = 32       // of a request
	MaxHTTPHeaderBytes = 16 << 10 // names and values of a request together
)

// HTTPRequest asks for one exchange with a granted origin, at a hook that makes calls
// out. There are no redirects, no cookies, no proxies and no compression. Method is GET,
// HEAD, POST, PUT, PATCH or DELETE; the first two have no body. The host sets Host,
// User-Agent, traceparent and what frames the message; those and headers of a proxy or
// a connection are malformed here. Secrets are put in by the host: Auth names one that the
// operator granted. What of a secret or a link comes back in the answer is replaced.
type HTTPRequest struct {
	Method  string            `json:"method"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers,omitempty"`
	Body    string            `json:"body,omitempty"` // UTF-8
	Auth    *HTTPAuth         `json:"auth,omitempty"`
}

// HTTPAuth puts a secret that the guest never sees into a request: Header gets Prefix
// and then the value.
type HTTPAuth struct {
	Secret string `json:"secret"`
	Header string `json:"header,omitempty"` // Authorization when empty
	Prefix string `json:"prefix,omitempty"` // such as "Bearer "
	// BasicUser makes the value "Basic " and the base64 of BasicUser:secret.
	BasicUser string `json:"basic_user,omitempty"`
}

// HTTPResponse is what came back; any status of the other side is an answer, a redirect
// too.
type HTTPResponse struct {
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"` // first value of each, names in lower case; no cookies
	Body    string            `json:"body"`    // broken UTF-8 is replaced
}

// The bounds of the key-value store of a plugin in one tenant. Each use is a call out,
// as a fetch is.
const (
	MaxKVKey     = 256         // bytes
	MaxKVValue   = 64 << 10    // bytes
	MaxKVEntries = 1_000       // in one namespace
	MaxKVBytes   = 1 << 20     // values of one namespace together
	MaxKVTTL     = 365 * 86400 // seconds
)

// KVKey names an entry. The namespace (plugin and tenant) is the host's to say.
type KVKey struct {
	Key string `json:"key"`
}

// KVEntry is what is kept. TTLS is how long in seconds; zero means MaxKVTTL.
type KVEntry struct {
	Key   string `json:"key"`
	Value string `json:"value"`
	TTLS  int64  `json:"ttl_s,omitempty"`
}

// KVValue is what was kept.
type KVValue struct {
	Value     string `json:"value"`
	ExpiresAt string `json:"expires_at"` // RFC 3339 in UTC
}

// HMACRequest asks for the HMAC-SHA-256 of a message under a granted secret, or, with
// Expect, whether it is that one, compared in constant time. An Expect that is no
// HMAC at all is not equal.
type HMACRequest struct {
	Secret  string `json:"secret"`
	Message string `json:"message"`
	Expect  string `json:"expect,omitempty"` // hexadecimal
}

// HMACResult is the answer; exactly one of the two says something.
type HMACResult struct {
	HMAC  string `json:"hmac,omitempty"` // hexadecimal
	Equal bool   `json:"equal"`
}

// The bounds of what a plugin may report in one call.
const (
	MaxMetrics     = 16
	MaxSpans       = 16
	MaxSpanName    = 64 // bytes
	MaxAttributes  = 8
	MaxAttribute   = 256 // bytes of a value
	MaxMetricLabel = 64  // bytes of a value
)

// The bounds of what a manifest may declare to report.
const (
	MaxMetricNames  = 32
	MaxMetricLabels = 8   // of one metric
	MaxMetricSeries = 256 // of one metric: the product of the numbers of its labels' values
)

// Metric adds to a counter, or records a value, named usher_plugin_<plugin>_<Name>,
// dashes of the plugin's name as underscores. It has every label that the manifest
// declares, with a value that it declares.
type Metric struct {
	Name   string            `json:"name"` // snake_case, up to MaxMetricLabel bytes
	Kind   MetricKind        `json:"kind"`
	Value  float64           `json:"value"`
	Labels map[string]string `json:"labels,omitempty"`
}

// MetricKind says what a metric's value means.
type MetricKind string

// The kinds of metric.
const (
	MetricCounter   MetricKind = "counter"
	MetricHistogram MetricKind = "histogram"
)

// Span begins a span below that of the call, or below the one begun last; those that are
// open when the call ends are ended then. It is shown as plugin.<plugin>.<Name>, and its
// attributes, names of which are snake_case, as plugin.<name>.
type Span struct {
	Name       string            `json:"name"` // printable
	Attributes map[string]string `json:"attributes,omitempty"`
}

// SpanEnd ends the span that was begun last.
type SpanEnd struct {
	Error bool `json:"error,omitempty"`
}
