package sample

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/usher-id/usher/core"
)

// The bounds of what is kept.
const (
	maxBytes  = 256 << 10   // of one call, before it is redacted
	perMinute = 60          // of one plugin
	queued    = 64          // calls that wait to be redacted
	batched   = 32          // rows of one statement
	beat      = time.Second // the longest that a row waits for others
)

// Why a call was not kept.
const (
	DroppedMany  = "too_many"    // of the plugin in this minute
	DroppedBusy  = "busy"        // too many wait to be redacted
	DroppedLarge = "too_large"   // it, or what the host answered in it
	DroppedForm  = "unreadable"  // so it could not be redacted
	DroppedStore = "not_written" // by the database
)

// Store keeps what is sealed; package store implements it.
type Store interface {
	AddPluginSamples(context.Context, []core.PluginSample) error
	PluginSamples(ctx context.Context, plugin string, since time.Duration, before core.ID, limit int) ([]core.PluginSample, error)
}

// Keys seal; package keyring has them.
type Keys interface {
	Seal(label string, plain []byte) (sealed []byte, kid string)
	Open(label, kid string, sealed []byte) ([]byte, error)
}

// Deps are the parts that a keeper needs; all are required.
type Deps struct {
	Store Store
	Keys  Keys
	Log   *slog.Logger
	Clock core.Clock
	Keep  func() time.Duration // how long a sample is good for, asked for each
}

// Keeper keeps samples. It is safe for concurrent use.
type Keeper struct {
	Deps
	queue chan taken

	mu      sync.Mutex
	minutes map[string]minute // of each plugin
	dropped map[string]int64  // by why
	told    map[string]int64  // of those, in the log
}

type taken struct {
	call   Call
	output []byte
}

// minute counts what was taken in one.
type minute struct {
	began time.Time
	n     int
}

// New checks that every part is there.
func New(d Deps) (*Keeper, error) {
	if d.Store == nil || d.Keys == nil || d.Log == nil || d.Clock == nil || d.Keep == nil {
		return nil, errors.New("sample: every part of Deps is required")
	}
	k := &Keeper{Deps: d, queue: make(chan taken, queued), minutes: map[string]minute{}, dropped: map[string]int64{}}
	for _, why := range []string{DroppedMany, DroppedBusy, DroppedLarge, DroppedForm, DroppedStore} {
		k.dropped[why] = 0 // a counter that begins with its first event has no increase then
	}
	return k, nil
}

// Take has a call kept with the verdict of its answer, or drops it. It does not wait; the
// bytes are the keeper's from then on.
func (k *Keeper) Take(c Call, output []byte) {
	if c.Tape.Cut || c.size() > maxBytes {
		k.drop(DroppedLarge, 1)
		return
	}
	if !k.admits(c.Plugin) {
		k.drop(DroppedMany, 1)
		return
	}
	select {
	case k.queue <- taken{c, output}:
	default:
		k.drop(DroppedBusy, 1)
	}
}

func (k *Keeper) admits(plugin string) bool {
	now := k.Clock.Now()
	k.mu.Lock()
	defer k.mu.Unlock()
	m := k.minutes[plugin]
	if now.Sub(m.began) >= time.Minute {
		m = minute{began: now}
	}
	m.n++
	k.minutes[plugin] = m
	return m.n <= perMinute
}

func (k *Keeper) drop(why string, n int64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.dropped[why] += n
}

// Dropped counts what was not kept, by why.
func (k *Keeper) Dropped() map[string]int64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	return maps.Clone(k.dropped)
}

// Run redacts, seals and writes what is taken, until ctx ends; then what waits still.
func (k *Keeper) Run(ctx context.Context) {
	tick := time.NewTicker(beat)
	defer tick.Stop()
	var rows []core.PluginSample
	for {
		select {
		case t := <-k.queue:
			if rows = k.append(rows, t); len(rows) >= batched {
				rows = k.write(ctx, rows)
			}
		case <-tick.C:
			rows = k.write(ctx, rows)
			k.tell(ctx)
		case <-ctx.Done():
			k.end(context.WithoutCancel(ctx), rows)
			return
		}
	}
}

// end writes what waits. What is taken from now on is lost.
func (k *Keeper) end(ctx context.Context, rows []core.PluginSample) {
	ctx, cancel := context.WithTimeout(ctx, 2*beat)
	defer cancel()
	for range len(k.queue) {
		rows = k.append(rows, <-k.queue)
	}
	k.write(ctx, rows)
	k.tell(ctx)
}

func (k *Keeper) append(rows []core.PluginSample, t taken) []core.PluginSample {
	call, err := t.call.redacted(t.output)
	if err == nil {
		var row core.PluginSample
		if row, err = k.seal(call); err == nil {
			return append(rows, row)
		}
	}
	k.drop(DroppedForm, 1)
	return rows
}

func (k *Keeper) write(ctx context.Context, rows []core.PluginSample) []core.PluginSample {
	if len(rows) == 0 {
		return rows
	}
	if err := k.Store.AddPluginSamples(ctx, rows); err != nil {
		k.drop(DroppedStore, int64(len(rows)))
		k.Log.WarnContext(ctx, "samples not kept", "samples", len(rows), "error", err)
	}
	return rows[:0]
}

// tell says in the log what was dropped since the last time.
func (k *Keeper) tell(ctx context.Context) {
	dropped := k.Dropped()
	for why, n := range dropped {
		if n > k.told[why] {
			k.Log.InfoContext(ctx, "samples dropped", "why", why, "samples", n-k.told[why])
		}
	}
	k.told = dropped
}
