package plugins

import (
	"slices"
	"time"

	"go.opentelemetry.io/otel/trace"
)

// Role is what a version is there for.
type Role string

// The roles, from the one that counts most.
const (
	RoleServing   Role = "serving"   // it answers
	RoleCandidate Role = "candidate" // it answers for a share of the runs
	RoleShadow    Role = "shadow"    // it is asked about copies of what another answered
	RoleEarlier   Role = "earlier"   // it answers for runs that began under an earlier release
	RoleWarm      Role = "warm"      // nobody asks it
)

// arm is a version as one binding asks it in one role.
type arm struct {
	version *version
	role    Role
	release int64
	timeout time.Duration
	breaker *breaker
	span    trace.SpanStartOption
}

// panel is whom a binding asks in the calls of one release.
type panel struct {
	release   int64
	serving   *arm
	candidate *arm // nil for none, as is shadow
	shadow    *arm
	portion   portion // of the calls that are the candidate's
}

// arms are those that the panel has.
func (p *panel) arms() []*arm {
	return slices.DeleteFunc([]*arm{p.serving, p.candidate, p.shadow}, func(a *arm) bool { return a == nil })
}

// panelOf is the panel of the release that a call's run began under, or the current one
// where that is not known.
func (b *binding) panelOf(release int64) *panel {
	if release != 0 && release != b.panels[0].release {
		for i := range b.panels {
			if b.panels[i].release == release {
				return &b.panels[i]
			}
		}
	}
	return &b.panels[0]
}

// guest is a version under one time limit, which has one breaker whoever asks it: a
// guest that fails does so as a candidate and when it serves.
type guest struct {
	version *version
	timeout time.Duration
	breaker *breaker
}

// breakerFor gives the breaker of a guest of this binding: its own, or the one that it
// had in the binding that this one follows, or a new one.
func (b *binding) breakerFor(v *version, timeout time.Duration, old *binding, c BreakerConfig) *breaker {
	is := func(g guest) bool { return g.version == v && g.timeout == timeout }
	if at := slices.IndexFunc(b.guests, is); at >= 0 {
		return b.guests[at].breaker
	}
	own := guest{v, timeout, nil}
	if old != nil {
		if at := slices.IndexFunc(old.guests, is); at >= 0 {
			own.breaker = old.guests[at].breaker
		}
	}
	if own.breaker == nil {
		own.breaker = newBreaker(c)
	}
	b.guests = append(b.guests, own)
	return own.breaker
}
