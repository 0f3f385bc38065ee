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
func (r Result) Status() Status { return Status(r >> 32) }

// Length unpacks the length.
func (r Result) Length() int { return int(uint32(r)) } //nolint:gosec // the lower half

// Refusal says why a capability did not do what was asked. Reason is stable and
// snake_case; Detail is for the author and never holds what the host keeps from guests.
type Refusal struct {
	Reason string `json:"reason"`
	Detail string `json:"detail"`
}

// HTTPRequest asks for one exchange with a granted origin. There are no redirects,
// no cookies, no proxies. Secrets are put in by the host: Secret names one that the
// operator granted, and Header the header that gets Prefix and then its value.
type HTTPRequest struct {
	Method  string            `json:"method"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers,omitempty"`
	Body    string            `json:"body,omitempty"` // UTF-8
	Auth    *HTTPAuth         `json:"auth,omitempty"`
}

// HTTPAuth puts a secret into a request that the guest never sees.
type HTTPAuth struct {
	Secret string `json:"secret"`
	Header string `json:"header,omitempty"` // Authorization when empty
	Prefix string `json:"prefix,omitempty"` // such as "Bearer "
	// BasicUser makes the value "Basic " and the base64 of BasicUser:secret.
	BasicUser string `json:"basic_user,omitempty"`
}

// HTTPResponse is what came back; any status of the other side is an answer.
type HTTPResponse struct {
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"` // first value of each, names in lower case
	Body    string            `json:"body"`    // broken UTF-8 is replaced
}

// The bounds of the key-value store of a plugin in one tenant.
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
// Expect, whether it is that one, compared in constant time.
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
	MaxAttributes  = 8
	MaxMetricLabel = 64 // bytes of a value
)

// Metric adds to a counter, or records a value, named usher_plugin_<plugin>_<Name>.
// Labels must be declared in the manifest with all their values.
type Metric struct {
	Name   string            `json:"name"` // snake_case
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

// Span begins a span below that of the call; those that are open when the call ends
// are ended then.
type Span struct {
	Name       string            `json:"name"`
	Attributes map[string]string `json:"attributes,omitempty"`
}

// SpanEnd ends the span that was begun last.
type SpanEnd struct {
	Error bool `json:"error,omitempty"`
}
