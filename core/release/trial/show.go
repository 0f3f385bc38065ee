package trial

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/release/cost"
	"github.com/usher-id/usher/core/release/guard"
)

// Standing is how a candidate does that is tried now.
type Standing struct {
	Plugin  string
	Digest  string
	Against string
	Since   time.Time // zero while nothing was counted
	Hooks   map[string]Arms
	Verdict guard.Verdict
}

// Standings are the trials of a release that serves.
func (w *Watch) Standings(ctx context.Context, serving core.PluginRelease) (list []Standing, err error) {
	for _, p := range serving.Content.Plugins {
		if !isTried(p) {
			continue
		}
		t, err := w.find(ctx, serving, p)
		if err != nil {
			return nil, err
		}
		s, err := readState(t)
		if err != nil {
			return nil, err
		}
		list = append(list, Standing{
			Plugin: t.Plugin, Digest: t.Digest, Against: t.Against, Since: s.Guard.First, Hooks: s.Totals, Verdict: s.Guard.Verdict(w.Guard),
		})
	}
	return list, nil
}

// Cards are what a version cost, by its role, on all replicas and under all releases.
func (w *Watch) Cards(ctx context.Context, v core.PluginVersion) (map[core.TallyRole]cost.Card, error) {
	rows, err := w.Store.PluginTalliesOfDigest(ctx, v.Digest)
	if err != nil {
		return nil, err
	}
	cards := map[core.TallyRole]cost.Card{}
	for _, row := range rows {
		if err := add(cards, row.Role, row); err != nil {
			return nil, err
		}
	}
	for role, card := range cards {
		card.Size = int64(v.Size)
		cards[role] = card
	}
	return cards, nil
}

func add[K comparable](cards map[K]cost.Card, k K, row core.PluginTally) error {
	var one cost.Card
	if err := json.Unmarshal(row.Cost, &one); err != nil {
		return fmt.Errorf("the cost card of %s in release %d: %w", row.Plugin, row.Release, err)
	}
	card := cards[k]
	card.Add(&one)
	cards[k] = card
	return nil
}
