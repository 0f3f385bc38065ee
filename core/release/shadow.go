package release

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/release/cost"
	"github.com/usher-id/usher/core/release/redact"
	"github.com/usher-id/usher/hostapi"
)

// The bounds of what is kept of shadows.
const (
	shadowBeat      = time.Second
	mostDifferences = 200 // of one candidate, in the database
	mostWaiting     = 200 // differences that wait to be written
)

// Compared is a question that what serves and a shadow were both asked.
type Compared struct {
	Release  int64
	Plugin   string
	Hook     hostapi.Hook
	Served   Side
	Shadowed Side
	Agree    bool
	Apart    string // why the two cannot be compared; empty when they can
}

// Side is what one version made of a question.
type Side struct {
	Digest  string
	Output  []byte // of an answer; it is not kept
	Failure string // the kind; empty when it answered
	Took    time.Duration
	Fuel    int64
	Memory  int64
}

// Verdict is the side without a word of it.
func (s Side) Verdict(h hostapi.Hook) core.PluginVerdict {
	if s.Failure != "" {
		return core.PluginVerdict{Failure: s.Failure}
	}
	return redact.Verdict(h, s.Output)
}

func (s Side) call() cost.Call { return cost.Call{Took: s.Took, Fuel: s.Fuel, Memory: s.Memory} }

// Differing names the members of the answer in which two sides differ.
func Differing(a, b Side) []string {
	if a.Failure != "" || b.Failure != "" {
		return nil
	}
	return redact.Differing(a.Output, b.Output)
}

// ShadowStore keeps what shadows did; package store implements it.
type ShadowStore interface {
	SayShadows(context.Context, []core.ShadowTally) error
	ShadowTallies(ctx context.Context, digests []string) ([]core.ShadowTally, error)
	AddPluginDifferences(ctx context.Context, list []core.PluginDifference, most int) error
	PluginDifferences(ctx context.Context, digest string, limit int) ([]core.PluginDifference, error)
}

// ShadowDeps are the parts that the record of shadows needs; all are required.
type ShadowDeps struct {
	Store   ShadowStore
	Log     *slog.Logger
	Replica core.ID
	// Dropped counts the copies of each plugin that no shadow was asked about, since the start.
	Dropped func() map[string]int64
}

// Shadows counts what shadows make of copies of calls, and keeps where they differ. It is
// safe for concurrent use.
type Shadows struct {
	ShadowDeps

	mu          sync.Mutex
	all         map[shadowKey]*shadowed
	last        map[string]*shadowed // of each plugin, the one that is asked now
	dropped     map[string]int64     // of each plugin, as far as it is counted
	differences []core.PluginDifference
}

type shadowKey struct {
	release                 int64
	plugin, digest, against string
}

type shadowed struct {
	counts         core.ShadowCounts
	served, shadow cost.Card
	changed        bool
}

// NewShadows checks that every part is there.
func NewShadows(d ShadowDeps) (*Shadows, error) {
	if d.Store == nil || d.Log == nil || d.Replica.IsZero() || d.Dropped == nil {
		return nil, errors.New("release: every part of ShadowDeps is required")
	}
	return &Shadows{ShadowDeps: d, all: map[shadowKey]*shadowed{}, last: map[string]*shadowed{}, dropped: map[string]int64{}}, nil
}

// Observe counts one comparison. It waits for nothing but other counts.
func (s *Shadows) Observe(c Compared) {
	var found *core.PluginDifference
	if c.Apart == "" && !c.Agree {
		found = &core.PluginDifference{
			Release: c.Release, Plugin: c.Plugin, Digest: c.Shadowed.Digest, Against: c.Served.Digest, Hook: string(c.Hook),
			Served: c.Served.Verdict(c.Hook), Shadowed: c.Shadowed.Verdict(c.Hook), Members: Differing(c.Served, c.Shadowed),
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tally(shadowKey{c.Release, c.Plugin, c.Shadowed.Digest, c.Served.Digest})
	t.count(c)
	if found != nil {
		s.differences = append(s.differences, *found)
		s.differences = s.differences[max(0, len(s.differences)-mostWaiting):]
	}
}

// tally finds the counts of a shadow. There are as many as releases had shadows: few.
func (s *Shadows) tally(k shadowKey) *shadowed {
	t := s.all[k]
	if t == nil {
		t = &shadowed{counts: core.ShadowCounts{NotComparable: map[string]int64{}}}
		s.all[k] = t
	}
	s.last[k.plugin] = t
	return t
}

func (t *shadowed) count(c Compared) {
	t.changed = true
	t.counts.Calls++
	switch {
	case c.Apart != "":
		t.counts.NotComparable[c.Apart]++
	case c.Agree:
		t.counts.Agreed++
	default:
		t.counts.Differed++
	}
	if c.Served.Failure != "" {
		t.counts.ServedFailures++
	}
	if c.Shadowed.Failure != "" {
		t.counts.ShadowFailures++
	}
	t.served.Observe(c.Served.call())
	t.shadow.Observe(c.Shadowed.call())
}

// Run writes what was counted, about once a second and at the end, until ctx ends.
func (s *Shadows) Run(ctx context.Context) {
	tick := time.NewTicker(shadowBeat)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			s.write(ctx)
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), shadowBeat)
			defer cancel()
			s.write(last)
			return
		}
	}
}

// write tells the database. What it does not take is told the next time, but for
// differences, which are only the last ones anyway.
func (s *Shadows) write(ctx context.Context) {
	tallies, differences := s.take()
	err := s.Store.SayShadows(ctx, tallies)
	if err != nil {
		s.again(tallies)
	}
	if err := errors.Join(err, s.Store.AddPluginDifferences(ctx, differences, mostDifferences)); err != nil {
		s.Log.WarnContext(ctx, "what shadows did is not written", "error", err)
	}
}

func (s *Shadows) take() (tallies []core.ShadowTally, differences []core.PluginDifference) {
	dropped := s.Dropped()
	s.mu.Lock()
	defer s.mu.Unlock()
	for plugin, n := range dropped {
		if t := s.last[plugin]; t != nil && n > s.dropped[plugin] {
			t.counts.Dropped += n - s.dropped[plugin]
			t.changed, s.dropped[plugin] = true, n
		}
	}
	for k, t := range s.all {
		if !t.changed {
			continue
		}
		served, errServed := json.Marshal(&t.served)
		shadow, errShadow := json.Marshal(&t.shadow)
		if errServed != nil || errShadow != nil {
			continue // a card is numbers; it has a form
		}
		t.changed = false
		tallies = append(tallies, core.ShadowTally{
			Release: k.release, Plugin: k.plugin, Digest: k.digest, Against: k.against, Replica: s.Replica,
			Counts: t.counts.Clone(), Served: served, Shadowed: shadow,
		})
	}
	differences, s.differences = s.differences, nil
	return tallies, differences
}

// again has tallies written the next time that were not taken.
func (s *Shadows) again(tallies []core.ShadowTally) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range tallies {
		s.all[shadowKey{t.Release, t.Plugin, t.Digest, t.Against}].changed = true
	}
}
