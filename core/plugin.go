package core

import "time"

// VersionStatus says whether a version of a plugin may serve.
type VersionStatus string

// A version that is not good is asked by nobody: neither new runs nor those that began with it.
const (
	VersionGood        VersionStatus = "good"
	VersionQuarantined VersionStatus = "quarantined" // it misbehaved; an operator may clear it
	VersionRevoked     VersionStatus = "revoked"     // for ever
)

// PluginVersion is a module in the registry. Its bytes never change.
type PluginVersion struct {
	Digest    string // hex of the SHA-256 of the module
	Plugin    string
	Version   string // semantic version, as the manifest says
	Hooks     []string
	Size      int    // bytes
	Manifest  []byte // JSON
	Signature []byte // its envelope, JSON; empty when it is unsigned
	KeyID     string // of the key that signed it
	Status    VersionStatus
	Reason    string // of the status
	StatusBy  string
	StatusAt  time.Time // zero while nobody has changed it
	PushedBy  string
	PushedAt  time.Time
}

// ReleaseKind says what a release was made for.
type ReleaseKind string

// The ways to make a release. Each but a rollback is made from the one before it.
const (
	ReleaseActivate ReleaseKind = "activate" // another version serves
	ReleaseCanary   ReleaseKind = "canary"   // a candidate answers for a share of the runs
	ReleaseShadow   ReleaseKind = "shadow"   // a candidate is asked about copies
	ReleasePromote  ReleaseKind = "promote"  // the candidate serves
	ReleaseWithdraw ReleaseKind = "withdraw" // the candidate, or the plugin, is taken away
	ReleaseBind     ReleaseKind = "bind"     // other bindings
	ReleaseRollback ReleaseKind = "rollback" // as an earlier one
)

// ReleaseState says how far a release has come.
type ReleaseState string

// A release is prepared by every live replica before the first serves it. One that failed,
// or was overtaken before it served, never serves.
const (
	ReleasePreparing ReleaseState = "preparing"
	ReleaseServing   ReleaseState = "serving" // it is the newest that was to serve
	ReleaseServed    ReleaseState = "served"  // it was, until a newer one
	ReleaseFailed    ReleaseState = "failed"  // a replica could not prepare it
	ReleaseOvertaken ReleaseState = "overtaken"
)

// PluginRelease is one entry of the ledger: all that the registry's plugins are at a time.
type PluginRelease struct {
	Number    int64 // from 1, without gaps
	Kind      ReleaseKind
	State     ReleaseState
	Content   ReleaseContent
	Plugin    string // that it was made for; empty for a rollback of the whole
	Base      int64  // the release that it was made from; 0 for none
	Restores  int64  // the release that a rollback goes back to
	AtOnce    bool   // it serves when the first replica has it ready, not when all have
	Actor     string
	Automatic bool // by the guardrail
	Reason    string
	Failure   string // why it failed, in the words of the replica
	CreatedAt time.Time
	ServingAt time.Time // zero until it served
}

// PluginLedger is where the ledger stands.
type PluginLedger struct {
	Serving   PluginRelease  // its Number is 0 while there was none
	Preparing *PluginRelease // nil while none is
	Newest    int64          // the number of the newest release, whatever became of it
	Barred    []string       // digests of versions that are not good
}

// PluginNews is what a replica hears of the ledger.
type PluginNews struct {
	Ledger PluginLedger
	// Told is since when it was to be known.
	Told time.Time
	// Carried is true of what the notification brought along with the commit. It is true of that
	// commit, and may lack what another one did meanwhile: a reading follows.
	Carried bool
}

// ReleaseContent is what a release has: everything, not what changed.
type ReleaseContent struct {
	Plugins []ReleasedPlugin
	// Bindings are the chains of all hooks, of every plugin, from the registry or from files;
	// nil leaves them to the configuration.
	Bindings []ReleasedBinding
}

// ReleasedPlugin is a plugin of a release, in place of the file that the configuration may
// have for it.
type ReleasedPlugin struct {
	Name      string
	Digest    string           // of what serves; empty while a first version is only tried
	Candidate *PluginCandidate // nil when none is tried
}

// PluginCandidate is a version that is tried beside what serves.
type PluginCandidate struct {
	Digest   string
	Percent  float64 // of the runs that it answers for, above 0 to 100; 0 for a shadow
	ByTenant bool    // of tenants instead
	Shadow   bool    // asked about copies, after the answer was given
}

// ReleasedBinding has a plugin asked at a hook.
type ReleasedBinding struct {
	Hook      string
	Plugin    string
	OnFailure string
	Timeout   time.Duration
	Tenants   []string
	Disabled  bool
}

// PluginReplica is a process that runs plugins, as it said last.
type PluginReplica struct {
	ID        ID
	Name      string // host and process
	Build     string
	StartedAt time.Time
	SeenAt    time.Time
	Live      bool  // it was heard of lately
	Serving   int64 // the release that new calls see
	Since     time.Time
	Prepared  int64 // the newest release that it could serve at once
	Failed    int64 // the newest release that it could not prepare
	Failure   string
	Trouble   string            // in what it serves otherwise than the release says; empty for nothing
	Digests   map[string]string // by plugin, of what serves
	Swap      ReplicaSwap       // the last one
}

// ReplicaSwap says how long the steps of a swap took on a replica.
type ReplicaSwap struct {
	Release int64
	Heard   time.Time     // when the replica learned that it was to serve it
	Read    time.Duration // from hearing until it had read the ledger
	Prepare time.Duration // fetching, verifying, compiling, trying; before Heard unless it was told to serve at once
	Flip    time.Duration // from having read until new calls saw it
}

// PluginAct is an entry of the audit.
type PluginAct struct {
	Time    time.Time
	Actor   string
	Action  string // push, sign, quarantine, revoke, clear, or a [ReleaseKind]
	Plugin  string
	Digest  string
	Release int64
	Reason  string
}
