package plugins

import (
	"sync/atomic"
	"time"
)

// BreakerConfig says when a binding is no longer asked. Its zero value asks for
// the defaults.
type BreakerConfig struct {
	Failures int           // in a row open it; 20 by default
	Within   time.Duration // of the first of the row; 10 s by default
	Every    time.Duration // one call in this time tries again while it is open; 1 s by default
}

func (c BreakerConfig) withDefaults() BreakerConfig {
	return BreakerConfig{Failures: or(c.Failures, 20), Within: or(c.Within, 10*time.Second), Every: or(c.Every, time.Second)}
}

// breaker counts the failures in a row of one binding. It costs a call two loads
// while all is well, and takes no lock.
type breaker struct {
	config BreakerConfig
	began  time.Time
	// row has the failures in the lower 16 bits and, above, the millisecond of the
	// first, so that one exchange changes both.
	row atomic.Uint64
	// probe is when the next call may try, in nanoseconds since began; 0 while closed.
	probe atomic.Int64
}

func newBreaker(c BreakerConfig) *breaker { return &breaker{config: c, began: time.Now()} }

const countBits = 16

// allow tells whether a call may be made: while open, one caller in each interval.
func (b *breaker) allow(now time.Time) bool {
	at := b.probe.Load()
	if at == 0 {
		return true
	}
	since := now.Sub(b.began)
	return int64(since) >= at && b.probe.CompareAndSwap(at, int64(since+b.config.Every))
}

// succeed ends a row, and tells whether that closed the breaker.
func (b *breaker) succeed() (closed bool) {
	if b.row.Load() != 0 {
		b.row.Store(0)
	}
	return b.probe.Load() != 0 && b.probe.Swap(0) != 0
}

// fail counts one, and tells whether that opened the breaker. A row that is too
// old begins anew.
func (b *breaker) fail(now time.Time) (opened bool) {
	since := now.Sub(b.began)
	ms, within := uint64(since.Milliseconds()), uint64(b.config.Within.Milliseconds()) //nolint:gosec // since is after began, the configuration is positive
	var count uint64
	for {
		old := b.row.Load()
		count = old & (1<<countBits - 1)
		first := old >> countBits
		if count == 0 || ms > first+within {
			count, first = 0, ms
		}
		count = min(count+1, 1<<countBits-1)
		if b.row.CompareAndSwap(old, first<<countBits|count) {
			break
		}
	}
	return count >= uint64(b.config.Failures) && b.probe.CompareAndSwap(0, int64(since+b.config.Every)) //nolint:gosec // positive by default
}

// open tells whether calls are turned away.
func (b *breaker) open() bool { return b.probe.Load() != 0 }

// failures is the length of the row so far.
func (b *breaker) failures() int { return int(b.row.Load() & (1<<countBits - 1)) } //nolint:gosec // 16 bits
