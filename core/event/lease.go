package event

import (
	"context"
	"sync"
	"time"
)

// hold keeps the lease, with half of it to spare.
func (f *feed) hold(ctx context.Context) error {
	now := time.Now()
	if now.Before(f.renew) {
		return nil
	}
	held, err := f.prolong(ctx)
	if err != nil {
		f.held = false
		return err
	}
	f.held, f.renew = held, now.Add(f.lease.For/2)
	if !held {
		f.renew = now.Add(f.lease.For / 4)
	}
	return nil
}

// lost keeps in mind what a write said of the lease.
func (f *feed) lost(held bool, err error) error {
	if err == nil && !held {
		f.held, f.renew = false, time.Now().Add(f.lease.For/4)
	}
	return err
}

// holding prolongs the lease while something takes its time, such as a consumer that is
// slow: another process must not begin with the same events. The context ends when the
// lease is lost; release, which must be called, tells whether it was.
func (f *feed) holding(ctx context.Context) (held context.Context, release func() (lost bool)) {
	held, cancel := context.WithCancel(ctx)
	var until sync.WaitGroup
	lost, began := false, time.Now()
	var last time.Time // when it was prolonged
	until.Go(func() {
		tick := time.NewTicker(max(f.lease.For/4, time.Millisecond))
		defer tick.Stop()
		for {
			select {
			case <-held.Done():
				return
			case <-tick.C:
			}
			still, err := f.prolong(held)
			switch {
			case err == nil && still:
				last = time.Now()
			case err == nil || time.Since(began) > f.lease.For/2 && time.Since(last) > f.lease.For: // it may be another's by now
				lost = true
				cancel()
				return
			}
		}
	})
	return held, func() bool {
		cancel()
		if until.Wait(); lost {
			f.held, f.renew = false, time.Now().Add(f.lease.For/4)
		} else if !last.IsZero() {
			f.renew = last.Add(f.lease.For / 2)
		}
		return lost
	}
}

func (f *feed) prolong(ctx context.Context) (held bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, f.relay.config.Timeout)
	defer cancel()
	return f.relay.deps.Store.LeaseConsumer(ctx, f.lease)
}
