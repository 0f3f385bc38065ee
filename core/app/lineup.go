package app

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/usher-id/usher/config"
	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/release"
	"github.com/usher-id/usher/core/release/cost"
	"github.com/usher-id/usher/plugins"
	"github.com/usher-id/usher/plugins/kit"
)

// lineup is what the engine serves: what the configuration loads and binds, with the
// registry's version in the place of the file where a release has the plugin. Either side
// may change while the other is being prepared; whoever commits last has it put together
// once more from both. It implements [release.Engine].
type lineup struct {
	engine *plugins.Engine
	fetch  func(ctx context.Context, by config.Trust, digest string) ([]byte, error)
	probed func(plugin, digest, hook string, c cost.Call) // told of each call of a probe
	failed func(error)                                    // told of a lineup that could not be put together again

	mu     sync.Mutex
	last   sides    // that were committed
	wanted int      // plugins that are to serve
	torn   error    // why what serves is not put together from both sides; nil when it is
	left   []string // candidates that the release has and that nobody is asked of here, a line each
}

// sides are what a lineup is put together from.
type sides struct {
	config config.Plugins
	target release.Target
	flips  int // of the target so far
	// optional leaves candidates out that cannot be had: where the release serves already, and
	// where one is left out, which must not keep a reload from anything else.
	optional bool
}

// Prepare implements [release.Engine].
func (l *lineup) Prepare(ctx context.Context, t release.Target) (release.Ready, error) {
	s := l.now()
	s.target, s.optional = t, t.Release.State != core.ReleasePreparing
	ready, err := l.arrange(ctx, s)
	if err != nil {
		return nil, err
	}
	if s.untried() {
		if err := l.probe(ctx, ready.Prepared, t.Release.Content); err != nil {
			ready.Abort()
			return nil, err
		}
	}
	return flip{ready}, nil
}

// untried tells whether nobody may have tried the versions of the target yet. Those of a
// rollback served before, and what serves when a replica starts was tried by others: it must
// start whatever a fixture says now.
func (s sides) untried() bool {
	r := s.target.Release
	return r.State == core.ReleasePreparing || r.Kind != core.ReleaseRollback && s.flips > 0
}

// probe plays the fixtures of what was made for a release. What the configuration loads from
// files is tried by its author, with usher plugin test: a start must not wait for it.
func (l *lineup) probe(ctx context.Context, ready *plugins.Prepared, c core.ReleaseContent) error {
	reports, err := kit.Probe(ctx, ready, func(t plugins.Trial) bool {
		return slices.ContainsFunc(c.Plugins, func(p core.ReleasedPlugin) bool {
			return p.Name == t.Plugin && (p.Digest == t.Digest || p.Candidate != nil && p.Candidate.Digest == t.Digest)
		})
	})
	if err != nil {
		return err
	}
	for _, r := range reports {
		for _, took := range r.Times {
			l.probed(r.Plugin, r.Digest, string(r.Hook), cost.Call{Took: took, Fuel: r.Fuel, Memory: r.Memory})
		}
	}
	return nil
}

// barred are the versions that nobody may be asked of: what the configuration revokes is, as
// what the registry does.
func (s sides) barred() []string {
	return slices.Concat(s.target.Barred, s.config.Trust.Revoked)
}

func (l *lineup) now() sides {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.last
	s.optional = len(l.left) > 0
	return s
}

// trust has what is fetched from now on judged by another configuration.
func (l *lineup) trust(t config.Trust) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last.config.Trust = t
}

// arranged is a lineup that is prepared.
type arranged struct {
	*plugins.Prepared

	sides  sides // when it was begun, with what is to change
	lineup *lineup
	wanted int
	left   []string
}

func (l *lineup) arrange(ctx context.Context, s sides) (*arranged, error) {
	composed, err := l.compose(s)
	if err != nil {
		return nil, err
	}
	ready, err := l.engine.Prepare(ctx, composed)
	if err != nil {
		return nil, err
	}
	return &arranged{ready, s, l, len(composed.Sources), leftOut(s, ready)}, nil
}

// flip is a lineup that is prepared for another release.
type flip struct{ *arranged }

// Commit implements [release.Ready].
func (f flip) Commit() {
	l := f.lineup
	l.mu.Lock()
	defer l.mu.Unlock()
	l.serve(f.arranged)
	l.last.target = f.sides.target
	l.last.flips++
	if same, _ := l.last.config.SameLoad(f.sides.config); !same { // it was changed while this was prepared
		go l.again()
	}
}

// commitConfig has another configuration in force. A release that was flipped meanwhile stays.
func (a *arranged) commitConfig() {
	l := a.lineup
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last.config = a.sides.config
	if l.last.flips != a.sides.flips {
		a.Abort()
		go l.again()
		return
	}
	l.serve(a)
}

// serve has new calls see a lineup. The caller holds the lock.
func (l *lineup) serve(a *arranged) {
	a.Commit()
	l.wanted, l.left, l.torn = a.wanted, a.left, nil
}

// again puts the lineup together from what both sides committed last. Where that fails, what
// serves stays as it is, and the next reload or the replica, which asks for trouble, tries again.
func (l *lineup) again() {
	for {
		s := l.now()
		ready, err := l.arrange(context.Background(), s)
		if err != nil {
			l.tear(s, err)
			return
		}
		if l.settle(ready) {
			return
		}
	}
}

// settle commits unless either side changed since it was begun.
func (l *lineup) settle(a *arranged) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.last.same(a.sides) {
		a.Abort()
		return false
	}
	l.serve(a)
	return true
}

// same tells whether two are of one release and one configuration.
func (s sides) same(o sides) bool {
	same, _ := s.config.SameLoad(o.config)
	return same && s.flips == o.flips
}

// tear remembers that what serves is not what both sides say, unless either was changed since.
func (l *lineup) tear(s sides, why error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last.same(s) {
		l.torn = why
		l.failed(why)
	}
}

// whole is nil while what serves was put together from both sides.
func (l *lineup) whole() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.torn == nil {
		return nil
	}
	return fmt.Errorf("the plugins that serve are not those of the release and the configuration, which were changed at once: %w", l.torn)
}

// Trouble implements [release.Engine].
func (l *lineup) Trouble() (list []string) {
	if err := l.whole(); err != nil {
		list = []string{err.Error()}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return append(list, l.left...)
}

// leftOut lists the candidates of a release that nobody is asked of here, and why.
func leftOut(s sides, ready *plugins.Prepared) (list []string) {
	say := func(plugin, digest, why string) {
		list = append(list, fmt.Sprintf("the candidate of %s, %.12s, is left out: %s", plugin, digest, why))
	}
	for _, c := range ready.LeftOut() {
		say(c.Plugin, c.Digest, c.Cause.Error())
	}
	for _, p := range s.target.Release.Content.Plugins {
		if p.Candidate != nil && slices.Contains(s.barred(), p.Candidate.Digest) {
			say(p.Name, p.Candidate.Digest, "it is quarantined or revoked; withdraw it: usher plugin withdraw "+p.Name)
		}
	}
	return list
}

// Digests implements [release.Engine].
func (l *lineup) Digests() map[string]string {
	serving := map[string]string{}
	for _, s := range l.engine.Status() {
		if s.Role == plugins.RoleServing {
			serving[s.Name] = s.Digest
		}
	}
	return serving
}

// expected is how many plugins are to serve.
func (l *lineup) expected() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.wanted
}
