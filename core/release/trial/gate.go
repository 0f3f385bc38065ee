package trial

import (
	"context"
	"fmt"
	"strings"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/release/cost"
	"github.com/usher-id/usher/core/release/guard"
)

// probeCalls are enough to compare what two probes cost: both play fixtures, over and over,
// and fuel is the same each time.
const probeCalls = 20

// Gate says, a line each, why a candidate should not be promoted: what was found of it, what
// is not known of it as yet, and what it costs more than its predecessor.
func (w *Watch) Gate(ctx context.Context, serving core.PluginRelease, p core.ReleasedPlugin) (against []string, err error) {
	if p.Candidate == nil || p.Digest == "" {
		return nil, nil
	}
	if p.Candidate.Shadow {
		against = append(against, "not enough traffic yet: as a shadow it has answered nobody (try it with usher plugin canary first)")
	} else {
		t, err := w.find(ctx, serving, p)
		if err != nil {
			return nil, err
		}
		s, err := readState(t)
		if err != nil {
			return nil, err
		}
		against = objections(s.Guard.Verdict(w.Guard))
	}
	dearer, err := w.dearer(ctx, p)
	for _, r := range dearer {
		against = append(against, r.Say)
	}
	return against, err
}

// objections are what a verdict holds against a promotion.
func objections(v guard.Verdict) []string {
	if v.Alarm != nil {
		return []string{reasonOf(v.Alarm)}
	}
	if v.Enough {
		return nil
	}
	var open []string
	for _, f := range v.Findings {
		if f.Below <= 0 || f.Below > f.Limit.Ratio {
			open = append(open, fmt.Sprintf("%s (%s)", f.Metric, f))
		}
	}
	return []string{"not enough traffic yet to show that it is no worse in " + strings.Join(open, ", ")}
}

// dearer compares what a candidate and its predecessor cost: beside each other in production,
// under the same releases, or by their probes where that is too little.
func (w *Watch) dearer(ctx context.Context, p core.ReleasedPlugin) ([]cost.Regression, error) {
	before, err := w.costs(ctx, p.Digest)
	if err != nil {
		return nil, err
	}
	after, err := w.costs(ctx, p.Candidate.Digest)
	if err != nil {
		return nil, err
	}
	tried, served := cost.Card{Size: after.size}, cost.Card{Size: before.size}
	for at, card := range after.by {
		if at.role == core.TallyCandidate {
			beside := before.by[place{at.release, core.TallyServing}]
			tried.Add(&card)
			served.Add(&beside)
		}
	}
	if tried.Measured(cost.Limits{}) && served.Measured(cost.Limits{}) {
		return cost.Compare(served, tried, cost.Limits{}), nil
	}
	was, is := before.by[place{0, core.TallyProbe}], after.by[place{0, core.TallyProbe}]
	was.Size, is.Size = before.size, after.size
	return cost.Compare(was, is, cost.Limits{MinCalls: probeCalls}), nil
}

// costs are what a version cost, by release and role.
type costs struct {
	by   map[place]cost.Card
	size int64
}

type place struct {
	release int64
	role    core.TallyRole
}

func (w *Watch) costs(ctx context.Context, digest string) (costs, error) {
	c := costs{by: map[place]cost.Card{}}
	v, err := w.Versions.Find(ctx, digest)
	if err != nil {
		return c, err
	}
	c.size = int64(v.Size)
	rows, err := w.Store.PluginTalliesOfDigest(ctx, digest)
	for _, row := range rows {
		if err := add(c.by, place{row.Release, row.Role}, row); err != nil {
			return c, err
		}
	}
	return c, err
}
