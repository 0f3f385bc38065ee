package mail

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// batcher makes one call of many. Callers of do that arrive within linger of each
// other share one run, at most max of them; each gets its own result. It owns no
// goroutine while nobody waits. Safe for concurrent use.
type batcher[K, V any] struct {
	max     int
	linger  time.Duration
	timeout time.Duration
	run     func(context.Context, []K) ([]V, error) // one result for each key, in order

	mu   sync.Mutex
	open *batch[K, V] // still taking keys; nil when there is none
}

// batch is one run and those who wait for it.
type batch[K, V any] struct {
	keys    []K
	timer   *time.Timer
	done    chan struct{}
	results []V // set before done is closed, as is err
	err     error
}

// do joins a batch and waits for its result. A caller whose context ends leaves;
// the run goes on for the others.
func (b *batcher[K, V]) do(ctx context.Context, key K) (V, error) {
	mine, i := b.join(key)
	select {
	case <-mine.done:
	case <-ctx.Done():
		var none V
		return none, ctx.Err()
	}
	if mine.err != nil {
		var none V
		return none, mine.err
	}
	return mine.results[i], nil
}

func (b *batcher[K, V]) join(key K) (*batch[K, V], int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	mine := b.open
	if mine == nil {
		mine = &batch[K, V]{done: make(chan struct{}), keys: make([]K, 0, b.max)}
		mine.timer = time.AfterFunc(b.linger, func() { b.expire(mine) })
		b.open = mine
	}
	mine.keys = append(mine.keys, key)
	if len(mine.keys) == b.max {
		b.open = nil
		if mine.timer.Stop() { // else the timer's goroutine is on its way
			go b.flush(mine)
		}
	}
	return mine, len(mine.keys) - 1
}

// expire ends the time in which a batch takes keys.
func (b *batcher[K, V]) expire(mine *batch[K, V]) {
	b.mu.Lock()
	if b.open == mine {
		b.open = nil
	}
	b.mu.Unlock()
	b.flush(mine)
}

// flush runs outside every waiter's context: one who leaves must not fail the rest.
func (b *batcher[K, V]) flush(mine *batch[K, V]) {
	defer close(mine.done)
	ctx, cancel := context.WithTimeout(context.Background(), b.timeout)
	defer cancel()
	mine.results, mine.err = b.run(ctx, mine.keys)
	if mine.err == nil && len(mine.results) != len(mine.keys) {
		mine.err = fmt.Errorf("mail: a batch of %d gave %d results", len(mine.keys), len(mine.results))
	}
}
