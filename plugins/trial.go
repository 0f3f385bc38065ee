package plugins

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/hostapi/host"
	"github.com/usher-id/usher/plugins/manifest"
)

// Trial is a version of a [Prepared] that can be asked before anybody depends on it. What
// it is asked has no effect and is not observed: no span, no count, no breaker. It is
// good until the Prepared ends.
type Trial struct {
	Plugin   string
	Version  string
	Digest   string
	Role     Role
	Hooks    []hostapi.Hook
	Fresh    bool              // it was made for this release
	Manifest *hostapi.Manifest // nil when it has none; not to be changed

	version *version
}

// Trials lists the versions of the release, in the order of [Engine.Status].
func (p *Prepared) Trials() (list []Trial) {
	for _, m := range p.set.members {
		v := m.version
		list = append(list, Trial{
			Plugin: v.name, Version: v.label, Digest: v.digest, Role: m.role, Hooks: v.hooks,
			Fresh: slices.Contains(p.fresh, v), Manifest: v.manifest, version: v,
		})
	}
	return list
}

// StandIns are what a version meets in a trial. The zero value refuses it every capability.
type StandIns struct {
	Config []byte // in place of its own; its own when empty
	// Envelope is what the guest is given to read, in place of what the host writes of the call and
	// the config: what another host, or a later one of the contract, may write. Nil for the host's.
	Envelope []byte
	// Lent are asked in place of the capabilities that it was lent; see [Trial.Lend].
	Lent *host.Capabilities
	// Play answers in place of all capabilities, and goes before Lent.
	Play *host.Playback
	// Now is the time that the guest is told; that of the call when zero.
	Now time.Time
	// Log has what the guest logs; nil drops it.
	Log *slog.Logger
}

// Lend makes capabilities for a trial of this version, with other parts behind them and
// other grants than it has. Close them when the trial is over.
func (t Trial) Lend(d host.Deps, g Grants) (*host.Capabilities, error) {
	var requests hostapi.Requests
	if t.Manifest != nil {
		requests = t.Manifest.Requests
	}
	grant, err := (&Source{Name: t.Plugin, Grants: g}).allow(requests)
	if err != nil {
		return nil, err
	}
	return host.NewCapabilities(d, grant)
}

// Ask asks the version. Release, Plugin, Next and First of the call mean nothing here.
// It may take as long as any manifest may ask for. An error that is no [Failure] says
// that it cannot be asked.
func (t Trial) Ask(ctx context.Context, c Call, s StandIns) (Answer, error) {
	v := t.version
	if err := t.check(c.Hook, s.Config); err != nil {
		return Answer{}, err
	}
	m := terms{config: s.Config, envelope: s.Envelope, instead: s.Lent, play: s.Play, now: s.Now, log: s.Log}
	if m.play == nil && m.instead == nil {
		m.play = (&host.Tape{}).Play()
	}
	if m.log == nil {
		m.log = slog.New(slog.DiscardHandler)
	}
	answer := Answer{Bound: true, Plugin: v.name, Version: v.label, Digest: v.digest, Role: t.Role}
	began := time.Now()
	deadline := began.Add(MaxTimeout())
	i := v.pool.get(ctx, "", deadline)
	if i == nil {
		return answer, v.exhausted(ctx, c.Hook)
	}
	began = time.Now()
	output, failure := v.call(ctx, i, c, m, deadline, &answer)
	answer.Duration = time.Since(began)
	if failure == nil {
		failure = v.judge(c, output, &answer)
	}
	if failure != nil {
		return answer, failure
	}
	return answer, nil
}

func (t Trial) check(h hostapi.Hook, config []byte) error {
	if !slices.Contains(t.Hooks, h) {
		return fmt.Errorf("the plugin %s %s does not serve %s, only %v", t.Plugin, t.Version, h, t.Hooks)
	}
	if len(config) == 0 {
		return nil
	}
	if !isObject(config) {
		return errors.New("the config is no JSON object")
	}
	if t.Manifest == nil || len(t.Manifest.ConfigSchema) == 0 {
		return nil
	}
	if err := manifest.Fit(t.Manifest.ConfigSchema, config); err != nil {
		return fmt.Errorf("the config does not fit: %w", err)
	}
	return nil
}
