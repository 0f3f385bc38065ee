package release

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/usher-id/usher/core"
)

// LedgerStore keeps the releases; package store implements it.
type LedgerStore interface {
	PluginLedger(context.Context) (core.PluginLedger, error)
	// AddPluginRelease writes the release after a number, and quarantines versions with it. It is
	// [core.Conflict] when another came first.
	AddPluginRelease(ctx context.Context, r core.PluginRelease, after int64, quarantine ...string) (core.PluginRelease, error)
	ServePluginRelease(ctx context.Context, number int64, live time.Duration, now bool) (bool, error)
	FindPluginRelease(ctx context.Context, number int64) (core.PluginRelease, error)
	// PluginDigestsServed gives the versions of a plugin that served since the last rollback.
	PluginDigestsServed(ctx context.Context, plugin string) ([]string, error)
	PluginReleases(ctx context.Context, below, limit int64) ([]core.PluginRelease, error)
	PluginReplicas(ctx context.Context, live time.Duration) ([]core.PluginReplica, error)
}

// Versions are those of the registry. [Registry] has them.
type Versions interface {
	// Find gives the version that an operator names.
	Find(ctx context.Context, name string) (core.PluginVersion, error)
	// Labels gives the version that each of the digests is, as far as they are known.
	Labels(ctx context.Context, digests []string) (map[string]string, error)
	// Fetch gives the bytes of a version that may serve now.
	Fetch(ctx context.Context, digest string) ([]byte, core.PluginVersion, error)
}

// LedgerDeps are the parts that a ledger needs; all but Gate are required.
type LedgerDeps struct {
	Store    LedgerStore
	Versions Versions
	// Lacks lists what a version asks for and was not granted, a line each, in words that say
	// what to write into the configuration.
	Lacks func(core.PluginVersion) []string
	// Bindable says what is wrong with bindings of a release, field by field.
	Bindable func([]core.ReleasedBinding, core.ReleaseContent) []core.FieldError
	// Gate says, a line each, why a candidate should not be promoted: what it costs more than
	// what serves, or what was found of it. Nil finds nothing.
	Gate func(ctx context.Context, serving core.PluginRelease, p core.ReleasedPlugin) ([]string, error)
}

// Ledger makes releases. It is safe for concurrent use, by any number of replicas at once:
// of two who make a release at the same time, one is told of the other.
type Ledger struct{ LedgerDeps }

// NewLedger checks that every part is there.
func NewLedger(d LedgerDeps) (*Ledger, error) {
	if d.Store == nil || d.Versions == nil || d.Lacks == nil || d.Bindable == nil {
		return nil, errors.New("release: Store, Versions, Lacks and Bindable are required")
	}
	return &Ledger{d}, nil
}

// Change is what an operator wants of the ledger.
type Change struct {
	Kind     core.ReleaseKind
	Plugin   string
	Version  string  // as [Versions.Find] takes it; a candidate's may be left out where there is one
	Percent  float64 // of a canary
	ByTenant bool
	To       *int64 // the release that a rollback goes back to; nil for the one before
	Bindings []core.ReleasedBinding
	Actor    string
	Reason   string
	Force    bool   // promote whatever the gate says; wants a reason
	Now      bool   // have it serve when the first replica has it ready; a rollback serves with its commit
	Expect   *int64 // the newest release that the operator has seen; nil for whatever it is
}

// Make makes a release. Its errors are [core.Error]: [core.ValidationFailed] names what is
// wrong with the change, [core.Conflict] what stands against it; nothing has changed then.
func (l *Ledger) Make(ctx context.Context, c Change) (core.PluginRelease, error) {
	if c.Reason != "" {
		if err := checkReason(c.Reason); err != nil {
			return core.PluginRelease{}, err
		}
	}
	at, err := l.Store.PluginLedger(ctx)
	if err != nil {
		return core.PluginRelease{}, err
	}
	if c.Expect != nil && *c.Expect != at.Newest {
		return core.PluginRelease{}, core.E(core.Conflict, fmt.Sprintf("The newest release is %d, and you have seen %d. Look at what changed (usher plugin history) and try again.",
			at.Newest, *c.Expect)).Because("release_conflict")
	}
	r := core.PluginRelease{
		Kind: c.Kind, State: core.ReleasePreparing, Plugin: c.Plugin, Base: at.Serving.Number, Actor: c.Actor, Reason: c.Reason,
		AtOnce: c.Now && c.Kind != core.ReleaseRollback, Content: clone(at.Serving.Content),
	}
	if err := l.apply(ctx, c, at, &r); err != nil {
		return core.PluginRelease{}, err
	}
	return l.Store.AddPluginRelease(ctx, r, at.Newest)
}

// apply makes the content of r, which is that of what serves, as the change wants it.
func (l *Ledger) apply(ctx context.Context, c Change, at core.PluginLedger, r *core.PluginRelease) error {
	switch c.Kind {
	case core.ReleaseActivate:
		return l.activate(ctx, c, at.Serving, r)
	case core.ReleaseCanary, core.ReleaseShadow:
		return l.try(ctx, c, r)
	case core.ReleasePromote:
		return l.promote(ctx, c, at.Serving, r)
	case core.ReleaseWithdraw:
		return withdraw(c, r)
	case core.ReleaseBind:
		return l.bind(c, r)
	case core.ReleaseRollback:
		return l.rollBack(ctx, c, at, r)
	}
	return invalid("kind", "unknown", "A release is made to activate, canary, shadow, promote, withdraw, bind or rollback.")
}

// ServeNow has a release serve that is being prepared, without waiting for replicas that are
// not ready: those serve it as soon as they can. What no replica has ready it does not have serve:
// nobody knows whether anybody could.
func (l *Ledger) ServeNow(ctx context.Context, number int64) (core.PluginRelease, error) {
	served, err := l.Store.ServePluginRelease(ctx, number, liveFor, true)
	if err != nil {
		return core.PluginRelease{}, err
	}
	r, err := l.Store.FindPluginRelease(ctx, number)
	switch {
	case err != nil || served:
		return r, err
	case r.State == core.ReleasePreparing:
		return r, core.E(core.Conflict, fmt.Sprintf("No replica has release %d ready yet, so nobody could serve it. Try again when one has (usher plugin status), or give it up: usher plugin rollback, or a release with --now in its place.",
			number)).Because("release_not_ready")
	}
	return r, core.E(core.Conflict, fmt.Sprintf("Release %d is not being prepared; it is %s.", number, r.State)).Because("release_" + string(r.State))
}

// List gives releases below a number, the newest first; from the newest when it is 0.
func (l *Ledger) List(ctx context.Context, below, limit int64) ([]core.PluginRelease, error) {
	return l.Store.PluginReleases(ctx, below, limit)
}

// Find gives one release.
func (l *Ledger) Find(ctx context.Context, number int64) (core.PluginRelease, error) {
	return l.Store.FindPluginRelease(ctx, number)
}

// Standing gives where the ledger stands and how each replica does.
func (l *Ledger) Standing(ctx context.Context) (core.PluginLedger, []core.PluginReplica, error) {
	at, err := l.Store.PluginLedger(ctx)
	if err != nil {
		return at, nil, err
	}
	replicas, err := l.Store.PluginReplicas(ctx, liveFor)
	return at, replicas, err
}

func invalid(field, code, say string) error {
	return core.Invalid(core.FieldError{Field: field, Code: code, Message: say})
}
