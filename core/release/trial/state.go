package trial

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/release/guard"
)

// state is what is kept of a trial between two looks.
type state struct {
	Guard guard.State `json:"guard"`
	// Totals are both versions' counts of the whole rollout, by hook.
	Totals map[string]Arms `json:"totals"`
	// Seen is what was read before, by replica and hook: each is subtracted by itself, as one
	// that started anew counts from 0.
	Seen map[string]map[string]Arms `json:"seen"`
}

// Arms are the counts of a candidate and of its predecessor.
type Arms struct {
	Candidate guard.Counts `json:"candidate"`
	Serving   guard.Counts `json:"serving"`
}

func (a Arms) since(before Arms) Arms {
	return Arms{a.Candidate.Since(before.Candidate), a.Serving.Since(before.Serving)}
}

func (a Arms) plus(o Arms) Arms {
	a.Candidate.Add(o.Candidate)
	a.Serving.Add(o.Serving)
	return a
}

func (a Arms) empty() bool { return a.Candidate.Runs == 0 && a.Serving.Runs == 0 }

func readState(t core.PluginTrial) (s state, err error) {
	if len(t.State) > 0 {
		if err := json.Unmarshal(t.State, &s); err != nil {
			return s, fmt.Errorf("the state of the trial of %s in release %d: %w", t.Plugin, t.Release, err)
		}
	}
	return s, nil
}

// armsOf sorts what was counted of the two versions of a trial, by replica and hook.
func armsOf(t core.PluginTrial, tallies []core.PluginTally) (map[string]map[string]Arms, error) {
	all := map[string]map[string]Arms{}
	for _, row := range tallies {
		candidate := row.Digest == t.Digest && row.Role == core.TallyCandidate
		serving := row.Digest == t.Against && row.Role == core.TallyServing
		if !candidate && !serving {
			continue
		}
		var own counts
		if err := json.Unmarshal(row.Counts, &own); err != nil {
			return nil, fmt.Errorf("the tally of %s in release %d: %w", row.Plugin, row.Release, err)
		}
		replica := row.Replica.String()
		if all[replica] == nil {
			all[replica] = map[string]Arms{}
		}
		for hook, n := range own {
			arms := all[replica][hook]
			if candidate {
				arms.Candidate = n
			} else {
				arms.Serving = n
			}
			all[replica][hook] = arms
		}
	}
	return all, nil
}

// advance takes in what was counted since the last look, as one window for each hook. It
// tells whether anything was.
func (s *state) advance(c guard.Config, now map[string]map[string]Arms, at time.Time) (changed bool) {
	fresh := map[string]Arms{}
	for replica, hooks := range now {
		for hook, arms := range hooks {
			fresh[hook] = fresh[hook].plus(arms.since(s.Seen[replica][hook]))
		}
	}
	s.Seen = now
	if s.Totals == nil {
		s.Totals = map[string]Arms{}
	}
	for _, hook := range sorted(fresh) {
		arms := fresh[hook]
		if arms.empty() {
			continue
		}
		changed = true
		s.Totals[hook] = s.Totals[hook].plus(arms)
		s.Guard.Observe(c, guard.Window{Hook: hook, Candidate: arms.Candidate, Serving: arms.Serving, At: at})
	}
	return changed
}
