package hostapi

// Manifest is what a plugin says about itself, embedded as the custom section
// [ManifestSection]. It asks; what is granted stands in the host's config.
type Manifest struct {
	Name    string `json:"name"`    // lower case letters, digits and dashes
	Version string `json:"version"` // semantic version (semver.org 2.0.0)
	// Hooks says, for each hook that the plugin serves, what it needs.
	Hooks    map[Hook]HookNeeds `json:"hooks"`
	Requests Requests           `json:"capabilities,omitzero"`
	Limits   Limits             `json:"limits,omitzero"`
	// ConfigSchema is a JSON Schema that the operator's config of the plugin must fit.
	ConfigSchema RawJSON   `json:"config_schema,omitempty"`
	Fixtures     []Fixture `json:"fixtures,omitempty"`
}

// HookNeeds are the demands of a plugin on one hook.
type HookNeeds struct {
	// Fields are the members of the hook's data that the plugin is given;
	// none means none.
	Fields []string `json:"fields"`
}

// Requests are the capabilities that a plugin wants. One that it does not import is
// refused, and so is an import that is not requested. Secrets are for a fetch or an HMAC.
type Requests struct {
	HTTP      *HTTPGrant      `json:"http,omitzero"`
	KV        *KVGrant        `json:"kv,omitzero"`
	Secrets   []string        `json:"secrets,omitempty"` // names that the operator gives values to
	Telemetry *TelemetryGrant `json:"telemetry,omitzero"`
}

// HTTPGrant is whom a plugin may speak to: origins such as https://api.example.com,
// with a port unless it is the scheme's own. A plugin that speaks to whatever the operator
// names, such as an adapter of a protocol, asks for none. http is for loopback addresses.
type HTTPGrant struct {
	Origins []string `json:"origins,omitempty"`
}

// KVGrant lets a plugin keep entries.
type KVGrant struct{}

// TelemetryGrant is what a plugin may report, with every label and every value a label
// may have, so that no plugin makes time series without end.
type TelemetryGrant struct {
	Metrics []MetricNeeds `json:"metrics,omitempty"`
	Spans   bool          `json:"spans,omitempty"`
}

// MetricNeeds declares one metric.
type MetricNeeds struct {
	Name   string              `json:"name"`
	Kind   MetricKind          `json:"kind"`
	Help   string              `json:"help"`
	Labels map[string][]string `json:"labels,omitempty"`
}

// Fixture is a call with its expected answer. Fixtures travel in the manifest, so that a
// host can try a version before it serves.
type Fixture struct {
	Name   string  `json:"name"`
	Hook   Hook    `json:"hook"`
	Tenant string  `json:"tenant,omitempty"`
	Config RawJSON `json:"config,omitempty"` // {} when empty
	Data   RawJSON `json:"data"`
	// Now is the time that the clock shows, RFC 3339; the time of the trial when empty.
	Now string `json:"now,omitempty"`
	// HTTP are the exchanges that stand in for the network, in order.
	HTTP []FixtureExchange `json:"http,omitempty"`
	// KV are the entries that there are, and Kept those that there must be afterwards, unless it
	// is left out. KVRefused is the reason for which the store refuses: unavailable, or
	// quota_exceeded to what would be put.
	KV        map[string]string `json:"kv,omitempty"`
	Kept      map[string]string `json:"kept,omitempty"`
	KVRefused string            `json:"kv_refused,omitempty"`
	// Want is the answer, compared as JSON; Fails instead says that the call fails with a
	// reason that contains it.
	Want  RawJSON `json:"want,omitempty"`
	Fails string  `json:"fails,omitempty"`
}

// FixtureExchange is a request that the guest must send and the response it gets. Of the
// request only what is not empty is compared; Body as JSON where it is JSON. In place of a
// response Refused has the reason for which there is none: name_not_found, unreachable,
// tls_failed or broken_exchange.
type FixtureExchange struct {
	Request  HTTPRequest  `json:"request"`
	Response HTTPResponse `json:"response,omitzero"`
	Refused  string       `json:"refused,omitempty"`
}
