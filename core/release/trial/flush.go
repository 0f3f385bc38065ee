package trial

import (
	"context"
	"encoding/json"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/release/guard"
)

// counts are what the guard compares, by hook.
type counts map[string]guard.Counts

// read is what was counted of a tally until now, and a number that grows with it.
func (t *tally) read() (core.PluginTally, int64, error) {
	card := t.meter.card()
	seen, all := card.Calls(), counts{}
	for hook, own := range t.hooks {
		own.mu.Lock()
		n := own.count
		own.mu.Unlock()
		if n.Runs > 0 {
			all[hook] = n
		}
		seen += n.Runs
	}
	row := core.PluginTally{Release: t.release, Plugin: t.plugin, Digest: t.digest, Role: t.role}
	var err error
	if row.Counts, err = json.Marshal(all); err != nil {
		return row, 0, err
	}
	row.Cost, err = json.Marshal(card)
	return row, seen, err
}

// Flush writes what was counted since it was last written. What could not be written is
// part of what is written next.
func (c *Counter) Flush(ctx context.Context, save func(context.Context, []core.PluginTally) error) error {
	var rows []core.PluginTally
	sent := map[*tally]int64{}
	c.growing.Lock()
	for _, t := range c.tallies {
		row, seen, err := t.read()
		if err != nil {
			c.growing.Unlock()
			return err
		}
		if seen != t.sent {
			row.Replica = c.replica
			rows, sent[t] = append(rows, row), seen
		}
	}
	c.growing.Unlock()
	if len(rows) == 0 {
		return nil
	}
	if err := save(ctx, rows); err != nil {
		return err
	}
	c.growing.Lock()
	defer c.growing.Unlock()
	for t, seen := range sent {
		t.sent = seen
	}
	return nil
}
