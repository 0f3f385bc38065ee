package release

import (
	"context"

	"github.com/go-json-experiment/json"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/release/cost"
)

// Shadow is how a shadow of a release does against what serves, on all replicas and under
// every release that had the two.
type Shadow struct {
	Plugin   string
	Digest   string
	Against  string // empty when what serves is no version of the registry and nothing was compared yet
	Counts   core.ShadowCounts
	Served   cost.Card
	Shadowed cost.Card
}

// Standing gives the shadows of a release, in the order of its plugins.
func (s *Shadows) Standing(ctx context.Context, r core.PluginRelease) ([]Shadow, error) {
	var list []Shadow
	var digests []string
	for _, p := range r.Content.Plugins {
		if own := p.Candidate; own != nil && own.Shadow {
			list = append(list, Shadow{Plugin: p.Name, Digest: own.Digest, Against: p.Digest, Counts: core.ShadowCounts{NotComparable: map[string]int64{}}})
			digests = append(digests, own.Digest)
		}
	}
	tallies, err := s.Store.ShadowTallies(ctx, digests)
	if err != nil {
		return nil, err
	}
	for _, t := range tallies {
		for i := range list {
			if err := list[i].add(t); err != nil {
				return nil, err
			}
		}
	}
	return list, nil
}

// add counts in what a replica counted, if it is of the same two versions.
func (s *Shadow) add(t core.ShadowTally) error {
	if t.Plugin != s.Plugin || t.Digest != s.Digest || s.Against != "" && t.Against != s.Against {
		return nil
	}
	s.Against = t.Against
	var served, shadowed cost.Card
	if err := json.Unmarshal(t.Served, &served); err != nil {
		return err
	}
	if err := json.Unmarshal(t.Shadowed, &shadowed); err != nil {
		return err
	}
	s.Counts.Add(t.Counts)
	s.Served.Add(&served)
	s.Shadowed.Add(&shadowed)
	return nil
}

// Differences gives the last differences of a candidate, the newest first.
func (s *Shadows) Differences(ctx context.Context, digest string, limit int) ([]core.PluginDifference, error) {
	return s.Store.PluginDifferences(ctx, digest, limit)
}
