package config

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/signal"
)

// LiveDeps are the parts that a [Live] needs. Accept may be nil.
type LiveDeps struct {
	Log     *slog.Logger
	Signals *signal.Signals
	Clock   core.Clock
	Accept  func(*Config) error // a demand on every new configuration, such as [ServeRequirements]
}

// Live is the configuration in force. A reload replaces it whole or not at all:
// everyone who subscribed prepares, and only when nobody objects is one pointer
// swapped. All methods are safe for concurrent use; [Live.Current] never waits.
type Live struct {
	deps    LiveDeps
	sources Sources
	start   *Config // what the running parts were made with
	current atomic.Pointer[generation]

	reloading sync.Mutex // one reload at a time
	mu        sync.Mutex // guards what follows
	subs      []*subscription
	status    Status
}

type generation struct {
	number uint64
	config *Config
}

type subscription struct {
	name    string
	prepare Prepare
	behind  func() error // nil for one that never is
}

// NewLive puts the configuration that the host starts with in force as generation
// 1. sources must be those that start was loaded from.
func NewLive(d LiveDeps, sources Sources, start *Config) (*Live, error) {
	if d.Log == nil || d.Signals == nil || d.Clock == nil || start == nil {
		return nil, errors.New("config: a live configuration needs a log, signals, a clock and a start")
	}
	l := &Live{deps: d, sources: sources, start: start}
	l.current.Store(&generation{number: 1, config: start})
	l.accepted(context.Background(), 1, nil)
	return l, nil
}

// Current returns the configuration in force. A use case reads it once and keeps
// to it.
func (l *Live) Current() *Config { return l.current.Load().config }

// Generation returns how many configurations have been in force, this one included.
func (l *Live) Generation() uint64 { return l.current.Load().number }

// Status returns how the configuration is doing.
func (l *Live) Status() Status {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.status
	s.Restart = slices.Clone(s.Restart)
	if err := l.behind(); err != nil && s.Healthy {
		s.Healthy, s.Problem = false, err.Error()
	}
	return s
}

// behind says of the first part that runs something else than the configuration in force why.
// The caller holds mu.
func (l *Live) behind() error {
	for _, s := range l.subs {
		if s.behind == nil {
			continue
		}
		if err := s.behind(); err != nil {
			return fmt.Errorf("%s: %w; it is tried again at the next reload", s.name, err)
		}
	}
	return nil
}

// Subscribe asks prepare before every change, in the order of the subscriptions.
// The returned function ends that.
func (l *Live) Subscribe(name string, prepare Prepare) (cancel func()) {
	return l.Follow(name, prepare, nil)
}

// Follow is [Live.Subscribe] for a part that can come to run something else than the
// configuration in force: behind says why, quickly, and is nil while it does not. Until then the
// configuration is not healthy, and a reload asks prepare even where nothing changed.
func (l *Live) Follow(name string, prepare Prepare, behind func() error) (cancel func()) {
	s := &subscription{name: name, prepare: prepare, behind: behind}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.subs = append(l.subs, s)
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.subs = slices.DeleteFunc(slices.Clone(l.subs), func(x *subscription) bool { return x == s })
	}
}

// Reload reads the sources again. When they are good and nobody objects, what may
// change while the host runs is in force on return, and what needs a restart is
// named; on an error nothing has changed. Without a difference the generation
// stays, and nobody is asked unless somebody is behind.
func (l *Live) Reload(ctx context.Context) (Change, error) {
	l.reloading.Lock()
	defer l.reloading.Unlock()
	change, err := l.reload(ctx)
	if err != nil {
		l.refused(ctx, err)
		return Change{}, err
	}
	l.accepted(ctx, change.Generation, change.Restart)
	for _, d := range change.Applied {
		l.deps.Log.InfoContext(ctx, "configuration changed", "key", d.Key, "old", d.Old, "new", d.New)
	}
	for _, d := range change.Restart {
		l.deps.Log.WarnContext(ctx, "configuration change waits for a restart", "key", d.Key)
	}
	l.deps.Log.InfoContext(ctx, "configuration reloaded",
		"generation", change.Generation, "applied", len(change.Applied), "restart_required", len(change.Restart))
	return change, nil
}

func (l *Live) reload(ctx context.Context) (Change, error) {
	read, err := Load(l.sources)
	if err != nil {
		return Change{}, err
	}
	if l.deps.Accept != nil {
		if err := l.deps.Accept(read); err != nil {
			return Change{}, err
		}
	}
	old := l.current.Load()
	next := &generation{number: old.number + 1, config: l.running(read)}
	change := Change{Applied: Diff(old.config, next.config), Restart: onlyRestart(Diff(l.start, read))}
	if len(change.Applied) == 0 {
		if !l.isBehind() {
			change.Generation = old.number
			return change, nil
		}
		next.number = old.number
	}
	if err := l.swap(ctx, old, next); err != nil {
		return Change{}, err
	}
	change.Generation = next.number
	return change, nil
}

func (l *Live) isBehind() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.behind() != nil
}

// running is a new configuration as far as the running parts can follow it: what
// needs a restart stays as it was at the start.
func (l *Live) running(read *Config) *Config {
	c := *read
	c.origins = make(map[string]Origin, len(read.origins))
	for _, s := range settings() {
		from := l.start
		if s.Live {
			from = read
		}
		s.of(&c).Set(s.of(from))
		c.origins[s.Path] = from.origins[s.Path]
	}
	return &c
}

func onlyRestart(all []Difference) []Difference {
	return slices.DeleteFunc(all, func(d Difference) bool { return d.Live })
}

// swap is the two phases: everyone prepares, then everyone commits.
func (l *Live) swap(ctx context.Context, old, next *generation) error {
	l.mu.Lock()
	subs := slices.Clone(l.subs)
	l.mu.Unlock()
	ready := make([]Prepared, 0, len(subs))
	for _, s := range subs {
		p, err := s.prepare(ctx, old.config, next.config)
		if err != nil {
			for _, r := range slices.Backward(ready) {
				call(r.Abort)
			}
			return fmt.Errorf("%s refuses the new configuration: %w", s.name, err)
		}
		ready = append(ready, p)
	}
	l.current.Store(next)
	for _, r := range ready {
		call(r.Commit)
	}
	return nil
}

func call(f func()) {
	if f != nil {
		f()
	}
}

func (l *Live) accepted(ctx context.Context, number uint64, restart []Difference) {
	now := l.deps.Clock.Now()
	l.deps.Signals.ConfigLoaded(ctx, number, now)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.status = Status{Generation: number, LoadedAt: now, Healthy: true, Restart: restart, File: l.sources.File}
}

func (l *Live) refused(ctx context.Context, err error) {
	l.deps.Signals.ConfigRefused(ctx)
	l.deps.Log.ErrorContext(ctx, "configuration not reloaded, the last good one stays", "error", err)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.status.Healthy, l.status.Problem = false, err.Error()
}
