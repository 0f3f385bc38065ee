package config

import (
	"log/slog"
	"net/mail"
	"net/netip"
	"time"

	"github.com/usher-id/usher/core"
)

// Config is one whole, checked configuration. It is never changed once loaded;
// readers share it without locks. What each setting means stands in defaults.yaml.
//
// Tags: key is the name; live:"yes" lets a reload change it, else a restart is
// needed; min, max and oneof bound it; env is a second name in the environment.
type Config struct {
	DataDir    string     `key:"data_dir"`
	PublicURL  string     `key:"public_url"` // without a slash at its end
	LinkURL    string     `key:"link_url"`   // likewise; public_url unless set
	Branding   Branding   `key:"branding"`
	Log        Log        `key:"log"`
	HTTP       HTTP       `key:"http"`
	Operator   Operator   `key:"operator"`
	Database   Database   `key:"database"`
	Secrets    Secrets    `key:"secrets"`
	Signup     Signup     `key:"signup"`
	Activation Activation `key:"activation"`
	Session    Session    `key:"session"`
	Identity   Identity   `key:"identity"`
	Hashing    Hashing    `key:"hashing"`
	Mail       Mail       `key:"mail"`
	Events     Events     `key:"events"`
	Webhooks   Webhooks   `key:"webhooks"`
	Plugins    Plugins    `key:"plugins"`
	Telemetry  Telemetry  `key:"telemetry"`

	origins map[string]Origin
	read    fingerprint // of the files that it came from
}

// Log is how log lines are written.
type Log struct {
	Level  slog.Level `key:"level" live:"yes"`
	Format string     `key:"format" oneof:"json,text"`
}

// Branding is how the installation shows itself, for what a tenant's own branding lacks.
type Branding struct {
	Name       string `key:"name" live:"yes"`
	LogoURL    string `key:"logo_url" live:"yes"`
	Colour     string `key:"colour" live:"yes"` // #rrggbb
	SupportURL string `key:"support_url" live:"yes"`
}

// HTTP is the public listener.
type HTTP struct {
	Listen          string         `key:"listen"`
	TrustedProxies  []netip.Prefix `key:"trusted_proxies"`
	AllowedOrigins  []string       `key:"allowed_origins"`
	MaxConnections  int            `key:"max_connections" min:"16" max:"1048576"`
	RequestTimeout  time.Duration  `key:"request_timeout" min:"100ms" max:"10m"`
	ReadTimeout     time.Duration  `key:"read_timeout" min:"100ms" max:"10m"`
	WriteTimeout    time.Duration  `key:"write_timeout" min:"100ms" max:"10m"`
	IdleTimeout     time.Duration  `key:"idle_timeout" min:"100ms" max:"1h"`
	ShutdownTimeout time.Duration  `key:"shutdown_timeout" min:"100ms" max:"10m"`
}

// Operator is the operators' listener.
type Operator struct {
	Listen    string `key:"listen"`
	TokenFile string `key:"token_file"` // operator.token in the data directory unless set
}

// Database is Postgres.
type Database struct {
	URL              core.Secret   `key:"url"`
	PoolSize         int           `key:"pool_size" min:"1" max:"1000"`
	HotPoolSize      int           `key:"hot_pool_size" min:"1" max:"1000"`
	StatementTimeout time.Duration `key:"statement_timeout" min:"100ms" max:"10m"`
	LockTimeout      time.Duration `key:"lock_timeout" min:"10ms" max:"10m"`
	PGBin            string        `key:"pg_bin" env:"USHER_PG_BIN"`
}

// Secrets are the root keys; package keyring says what is made with them.
type Secrets struct {
	Keys     []SecretKey `key:"keys" secret:"yes"` // the first is used for what is new
	KeysFile string      `key:"keys_file"`
}

// SignupMode is whether new tenants may sign up.
type SignupMode string

// The modes.
const (
	SignupOpen   SignupMode = "open"
	SignupClosed SignupMode = "closed"
)

// Signup is the entrance.
type Signup struct {
	Mode SignupMode `key:"mode" oneof:"open,closed" live:"yes"`
}

// PasswordPolicy is whether an activation sets a password.
type PasswordPolicy string

// The policies.
const (
	PasswordRequired PasswordPolicy = "required"
	PasswordOptional PasswordPolicy = "optional"
	PasswordOff      PasswordPolicy = "off"
)

// Activation is what links are good for, and how long.
type Activation struct {
	Password          PasswordPolicy `key:"password" oneof:"required,optional,off" live:"yes"`
	PasswordMinLength int            `key:"password_min_length" min:"8" max:"128" live:"yes"`
	TokenTTL          time.Duration  `key:"token_ttl" min:"1s" max:"90d" live:"yes"`
	VerificationTTL   time.Duration  `key:"verification_ttl" min:"1s" max:"30d" live:"yes"`
	SignInTTL         time.Duration  `key:"sign_in_ttl" min:"1s" max:"24h" live:"yes"`
	ResetTTL          time.Duration  `key:"reset_ttl" min:"1s" max:"24h" live:"yes"`
	MaxExpiresIn      time.Duration  `key:"max_expires_in" min:"1s" max:"90d" live:"yes"`
	RedirectHosts     []string       `key:"redirect_hosts" live:"yes"`
}

// Session is what a signed-in person holds.
type Session struct {
	AccessTTL  time.Duration `key:"access_ttl" min:"1s" max:"24h" live:"yes"`
	RefreshTTL time.Duration `key:"refresh_ttl" min:"1s" max:"365d" live:"yes"`
	Issuer     string        `key:"issuer"`   // public_url unless set
	Audience   string        `key:"audience"` // issuer unless set
}

// Identity is who else knows people.
type Identity struct {
	Providers []IdentityProvider `key:"providers" live:"yes"`
}

// Hashing is the cost of argon2id and the queue before it.
type Hashing struct {
	MemoryKiB    int           `key:"memory_kib" min:"8" max:"1048576"`
	Time         int           `key:"time" min:"1" max:"64"`
	Parallelism  int           `key:"parallelism" min:"1" max:"64"`
	Concurrency  int           `key:"concurrency" min:"0" max:"1024"` // never 0 once loaded
	QueueTimeout time.Duration `key:"queue_timeout" min:"10ms" max:"1m"`
}

// MailProvider is how mail leaves.
type MailProvider string

// The kinds of provider. Sink keeps mail where an operator can read it; a plugin, which only
// mail.providers can name, speaks to a provider's API.
const (
	MailSink   MailProvider = "sink"
	MailSMTP   MailProvider = "smtp"
	MailPlugin MailProvider = "plugin"
)

// Mail is the post.
type Mail struct {
	Provider    MailProvider  `key:"provider" oneof:"sink,smtp"`
	Providers   []MailWay     `key:"providers"` // when there are any, Provider and SMTP say nothing; see Ways
	From        mail.Address  `key:"from"`      // no-reply at the host of public_url unless set
	Workers     int           `key:"workers" min:"1" max:"256"`
	MinWorkers  int           `key:"min_workers" min:"1" max:"256"`
	RescueAfter time.Duration `key:"rescue_after" min:"2s" max:"1h"`
	Pacing      []Pace        `key:"pacing" live:"yes"`  // see Every
	Tenants     []TenantMail  `key:"tenants" live:"yes"` // see Of
	DKIM        []DKIMKey     `key:"dkim"`
	Bounce      Bounce        `key:"bounce"`
	SMTP        SMTP          `key:"smtp"`
}

// MailTLS is how the connection to the mail server is kept private.
type MailTLS string

// The ways: STARTTLS or nothing, TLS from the first byte, none at all.
const (
	TLSRequired MailTLS = "required"
	TLSImplicit MailTLS = "implicit"
	TLSOff      MailTLS = "off"
)

// Bounce is where servers on a mail's way report.
type Bounce struct {
	Address mail.Address `key:"address"` // none when empty
	Mode    BounceMode   `key:"mode" oneof:"each,one"`
}

// BounceMode is whether each mail has a return path of its own.
type BounceMode string

// The modes.
const (
	BounceEach BounceMode = "each"
	BounceOne  BounceMode = "one"
)

// SMTP is the mail server.
type SMTP struct {
	Host        string        `key:"host"`
	Port        int           `key:"port" min:"1" max:"65535"`
	Username    string        `key:"username"`
	Password    core.Secret   `key:"password"`
	TLS         MailTLS       `key:"tls" oneof:"required,implicit,off"`
	Timeout     time.Duration `key:"timeout" min:"100ms" max:"10m"`
	Connections int           `key:"connections" min:"1" max:"64"`
	CAFile      string        `key:"ca_file"`
}

// Plugins are the guests.
type Plugins struct {
	Dir          string        `key:"dir" live:"yes"`
	Load         []Plugin      `key:"load" live:"yes"`
	Bindings     []Binding     `key:"bindings" live:"yes"`  // nil: each plugin at all its hooks
	SafeMode     []string      `key:"safe_mode" live:"yes"` // hooks, names of plugins, or [SafeModeAll]
	MaxInstances int           `key:"max_instances" min:"1" max:"1024"`
	CallTimeout  time.Duration `key:"call_timeout" min:"0s" max:"10s" live:"yes"` // 0: each hook's own
	Guardrail    Guardrail     `key:"guardrail" oneof:"act,watch" live:"yes"`
	Trust        Trust         `key:"trust"`
	Samples      Samples       `key:"samples"`
}

// Samples are calls that are kept, redacted and sealed, to be put to a candidate.
type Samples struct {
	Rate float64       `key:"rate" min:"0" max:"1" live:"yes"` // of the calls; 0 keeps none
	Keep time.Duration `key:"keep" min:"1m" max:"7d" live:"yes"`
}

// Guardrail is what happens to a candidate that is worse than it may be.
type Guardrail string

// The guardrail rolls it back and quarantines it, or only says so.
const (
	GuardrailAct   Guardrail = "act"
	GuardrailWatch Guardrail = "watch"
)

// UnsignedPolicy is whether the registry takes versions that nobody signed.
type UnsignedPolicy string

// The policies.
const (
	UnsignedAllow  UnsignedPolicy = "allow"
	UnsignedRefuse UnsignedPolicy = "refuse"
)

// Trust is which versions of the registry may serve.
type Trust struct {
	Keys     []TrustedKey   `key:"keys" live:"yes"`
	Unsigned UnsignedPolicy `key:"unsigned" oneof:"allow,refuse" live:"yes"`
	Revoked  []string       `key:"revoked" live:"yes"` // digests, 64 small hexadecimal digits each
}

// Plugin is one guest to load, in the order of the list.
type Plugin struct {
	Name   string
	File   string         // as written: relative to plugins.dir unless absolute; empty for one of the registry
	Hooks  []string       // all that it serves when empty
	Config map[string]any // handed to it as JSON
	Grants Grants
	// Reuse is "tenant" where an instance may keep what it remembers between calls of one tenant, which spares the
	// reset; empty where it is reset after each call.
	Reuse string
	// Secrets are used for it and never handed to it: values by the names that its manifest has.
	Secrets map[string]core.Secret

	digest string // of the file's bytes when the configuration was read; empty when it could not be
}

// Grants are what a plugin may do beyond answering; nothing unless said.
type Grants struct {
	Origins   []string // grants.http.origins: whom it may speak to
	KV        bool     // keep entries
	Telemetry bool     // report metrics and spans
}

// Telemetry is where traces and metrics go, beside /metrics.
type Telemetry struct {
	OTLPEndpoint   string        `key:"otlp_endpoint"`
	OTLPProtocol   string        `key:"otlp_protocol" oneof:"http,grpc"`
	OTLPHeaders    []Header      `key:"otlp_headers" secret:"yes"`
	SampleRatio    float64       `key:"sample_ratio" min:"0" max:"1"`
	MetricInterval time.Duration `key:"metric_interval" min:"1s" max:"10m"`
	ServiceName    string        `key:"service_name"`
}

// SecretKey is one key of 32 bytes with the id under which it is remembered.
type SecretKey struct {
	ID       string
	Material core.Secret // the bytes themselves
}

// Header is one HTTP header.
type Header struct {
	Name  string
	Value core.Secret
}
