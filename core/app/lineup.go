package app

import (
	"context"
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
	last   sides // that were committed
	wanted int   // plugins that are to serve
}

// sides are what a lineup is put together from.
type sides struct {
	config config.Plugins
	target release.Target
	flips  int // of the target so far
}

// Prepare implements [release.Engine].
func (l *lineup) Prepare(ctx context.Context, t release.Target) (release.Ready, error) {
	s := l.now()
	s.target = t
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

func (l *lineup) now() sides {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
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
}

func (l *lineup) arrange(ctx context.Context, s sides) (*arranged, error) {
	composed, err := l.compose(s.config, s.target)
	if err != nil {
		return nil, err
	}
	ready, err := l.engine.Prepare(ctx, composed)
	if err != nil {
		return nil, err
	}
	return &arranged{ready, s, l, len(composed.Sources)}, nil
}

// flip is a lineup that is prepared for another release.
type flip struct{ *arranged }

// Commit implements [release.Ready].
func (f flip) Commit() {
	l := f.lineup
	l.mu.Lock()
	defer l.mu.Unlock()
	f.Prepared.Commit()
	l.last.target, l.wanted = f.sides.target, f.wanted
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
	a.Commit()
	l.wanted = a.wanted
}

// again puts the lineup together from what both sides committed last.
func (l *lineup) again() {
	for {
		ready, err := l.arrange(context.Background(), l.now())
		if err != nil {
			l.failed(err)
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
	if same, _ := l.last.config.SameLoad(a.sides.config); !same || l.last.flips != a.sides.flips {
		a.Abort()
		return false
	}
	a.Commit()
	l.wanted = a.wanted
	return true
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
