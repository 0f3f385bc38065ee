package sample

import (
	"context"
	"time"

	"github.com/usher-id/usher/core"
)

// page is how many samples are in memory at once.
const page = 16

// Lost counts the samples that cannot be opened, by the id of their key.
type Lost map[string]int

// Each gives the samples of a plugin that are not older than since, the newest first, at
// most so many, until each gives false. It counts those that cannot be opened: their key is not in the
// ring any more, and they expire by themselves.
func (k *Keeper) Each(ctx context.Context, plugin string, since time.Duration, most int, each func(Call) bool) (Lost, error) {
	lost, before := Lost{}, core.ID{}
	for most > 0 {
		rows, err := k.Store.PluginSamples(ctx, plugin, since, before, min(page, most))
		if err != nil || len(rows) == 0 {
			return lost, err
		}
		for _, row := range rows {
			c, err := k.open(row)
			if err != nil {
				lost[row.KeyID]++
				continue
			}
			if !each(c) {
				return lost, nil
			}
		}
		most -= len(rows)
		before = rows[len(rows)-1].ID
	}
	return lost, nil
}
