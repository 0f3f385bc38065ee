package event

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/signal"
)

// feed works off the events of one consumer while it holds the consumer's lease.
type feed struct {
	relay    *Relay
	consumer atomic.Pointer[Consumer]
	lease    core.Lease
	stop     context.CancelFunc
	wake     chan struct{} // holds one: there is something new
	again    atomic.Bool   // somebody changed what is parked

	renew    time.Time // when the lease is prolonged, or asked for again
	held     bool
	due      time.Time       // when what is parked is looked at next
	place    core.EventPlace // as last moved by this process
	measured time.Time
	failing  bool
}

// rouse has the feed look at once.
func (f *feed) rouse() {
	select {
	case f.wake <- struct{}{}:
	default: // it will
	}
}

// run goes on until the context ends.
func (f *feed) run(ctx context.Context) {
	defer f.stop()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-f.wake:
		}
		more, err := f.round(ctx)
		f.note(ctx, err)
		timer.Reset(f.pause(more, err))
	}
}

// pause is how long to wait unless something new wakes the feed.
func (f *feed) pause(more bool, err error) time.Duration {
	c := f.relay.config
	switch {
	case err == nil && more:
		return 0
	case err != nil || f.relay.deps.Tail == nil:
		return c.Poll
	case !f.held:
		return max(time.Until(f.renew), c.Poll)
	}
	return min(max(time.Until(f.due), time.Millisecond), c.Idle)
}

// note logs trouble once, not at every round.
func (f *feed) note(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	if err != nil && !f.failing {
		f.relay.log.WarnContext(ctx, "events cannot be relayed", "consumer", f.lease.Consumer, "error", err)
	}
	f.failing = err != nil
}

// round does what is due, and tells whether there is more at once.
func (f *feed) round(ctx context.Context) (more bool, err error) {
	if err := f.hold(ctx); err != nil || !f.held {
		return false, err
	}
	behind, err := f.parked(ctx)
	if err != nil || !f.held {
		return false, err
	}
	fresh, err := f.fresh(ctx)
	if err != nil {
		return false, err
	}
	return behind || fresh, f.measure(ctx)
}

// fresh delivers what came after the consumer's place.
func (f *feed) fresh(ctx context.Context) (more bool, err error) {
	bounded, cancel := context.WithTimeout(ctx, f.relay.config.Timeout)
	defer cancel()
	consumer, batch := f.consumer.Load(), f.batch()
	events, place, err := f.relay.deps.Store.ReadOutbox(bounded, f.lease.Consumer, consumer.filter(), batch)
	if err != nil || len(events) == 0 && !f.strayed(place) {
		return false, err
	}
	if consumer.DeliverAll != nil && len(events) > 0 {
		return f.inBulk(ctx, consumer, events, place)
	}
	var parked []core.ParkedEvent
	outcomes, whole := f.deliver(ctx, events)
	if !whole { // what was interrupted is delivered again by whoever comes next
		return false, nil
	}
	for _, o := range outcomes {
		parked = append(parked, o.left...)
	}
	f.soonest(parked)
	save, cancel := context.WithTimeout(ctx, f.relay.config.Timeout)
	defer cancel()
	f.place = place
	err = f.lost(f.relay.deps.Store.Advance(save, f.lease, place, parked))
	return len(events) == batch, err
}

// inBulk delivers events all at once and moves the place behind those that were taken.
func (f *feed) inBulk(ctx context.Context, consumer *Consumer, events []core.OutboxEvent, place core.EventPlace) (more bool, err error) {
	held, release := f.holding(ctx)
	bounded, cancel := context.WithTimeout(held, f.relay.config.Deliver)
	defer cancel()
	n, failed := consumer.DeliverAll(bounded, events)
	f.relay.deps.Signals.EventDelivered(ctx, consumer.label(), failed == nil)
	if lost := held.Err() != nil; release() || lost || n == 0 {
		return false, failed
	}
	if n < len(events) {
		place = events[n-1].Place
	}
	save, cancel := context.WithTimeout(ctx, f.relay.config.Timeout)
	defer cancel()
	f.place = place
	if err := f.lost(f.relay.deps.Store.Advance(save, f.lease, place, nil)); err != nil {
		return false, err
	}
	return failed == nil && len(events) == f.batch(), failed
}

func (f *feed) batch() int {
	if n := f.consumer.Load().Batch; n > 0 {
		return n
	}
	return f.relay.config.Batch
}

// stray is how many transactions without an event for it a consumer leaves between its
// place and the present: each read walks over their events, and each move is a write.
const stray = 1000

// Those of one tenant have an index of their own and walk over nobody else's.
func (f *feed) strayed(to core.EventPlace) bool {
	return f.consumer.Load().Tenant.IsZero() && to.Xid >= f.place.Xid+stray
}

// parked tries again what was not taken before.
func (f *feed) parked(ctx context.Context) (more bool, err error) {
	if !f.again.Swap(false) && f.relay.deps.Tail != nil && time.Now().Before(f.due) {
		return false, nil
	}
	f.due = time.Now().Add(f.relay.config.Idle)
	bounded, cancel := context.WithTimeout(ctx, f.relay.config.Timeout)
	defer cancel()
	events, err := f.relay.deps.Store.DueEvents(bounded, f.lease.Consumer, f.relay.config.Batch)
	if err != nil || len(events) == 0 {
		return false, err
	}
	var taken []core.OutboxEvent
	var left []core.ParkedEvent
	outcomes, whole := f.deliver(ctx, events)
	if !whole {
		return false, nil
	}
	for _, o := range outcomes {
		taken, left = append(taken, o.taken...), append(left, o.left...)
	}
	if f.soonest(left); len(taken) > 0 || slices.ContainsFunc(left, func(p core.ParkedEvent) bool { return p.Dead }) {
		f.due = time.Time{} // what was behind it may go now
	}
	save, cancel := context.WithTimeout(ctx, f.relay.config.Timeout)
	defer cancel()
	if len(taken) > 0 {
		if err := f.lost(f.relay.deps.Store.Unpark(save, f.lease, taken)); err != nil {
			return false, err
		}
	}
	if len(left) > 0 {
		err = f.lost(f.relay.deps.Store.Postpone(save, f.lease, left))
	}
	return f.due.IsZero(), err
}

// soonest has what was left looked at when its time has come.
func (f *feed) soonest(left []core.ParkedEvent) {
	for _, p := range left {
		if at := time.Now().Add(p.Wait); p.Wait > 0 && at.Before(f.due) {
			f.due = at
		}
	}
}

// outcome is what became of the events of one tenant.
type outcome struct {
	taken []core.OutboxEvent
	left  []core.ParkedEvent
}

// deliver hands over events, those of each tenant in their order, several tenants at
// once. After the first of a tenant that is not taken the others of that tenant are left.
//
// The lease is prolonged meanwhile. Whole is false when it was lost, or the context ended.
func (f *feed) deliver(ctx context.Context, events []core.OutboxEvent) (outcomes []outcome, whole bool) {
	ctx, release := f.holding(ctx)
	var order []core.ID
	of := map[core.ID][]core.OutboxEvent{}
	for _, e := range events {
		if _, known := of[e.TenantID]; !known {
			order = append(order, e.TenantID)
		}
		of[e.TenantID] = append(of[e.TenantID], e)
	}
	outcomes = make([]outcome, len(order))
	slots := make(chan struct{}, f.relay.config.Parallel)
	var all sync.WaitGroup
	for i, tenant := range order {
		slots <- struct{}{}
		all.Go(func() {
			outcomes[i] = f.inOrder(ctx, of[tenant])
			<-slots
		})
	}
	all.Wait()
	interrupted := ctx.Err() != nil
	return outcomes, !release() && !interrupted
}

func (f *feed) inOrder(ctx context.Context, events []core.OutboxEvent) (o outcome) {
	for i, e := range events {
		if e.Behind { // an earlier one of this tenant is parked
			o.left = append(o.left, park(events[i:])...)
			return o
		}
		if wait, err := f.one(ctx, e); err != nil {
			dead := givesUp(err)
			o.left = append(o.left, core.ParkedEvent{OutboxEvent: e, Attempts: e.Attempts + 1, Wait: wait, Dead: dead})
			if dead {
				continue
			}
			o.left = append(o.left, park(events[i+1:])...)
			return o
		}
		o.taken = append(o.taken, e)
	}
	return o
}

// park leaves events that were not tried.
func park(events []core.OutboxEvent) []core.ParkedEvent {
	left := make([]core.ParkedEvent, len(events))
	for i, e := range events {
		left[i] = core.ParkedEvent{OutboxEvent: e, Attempts: e.Attempts}
	}
	return left
}

// one hands over one event, as part of the story that the event belongs to.
func (f *feed) one(ctx context.Context, e core.OutboxEvent) (wait time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, f.relay.config.Deliver)
	defer cancel()
	ctx = signal.Extract(ctx, e.Traceparent)
	if !e.TenantID.IsZero() {
		ctx = signal.WithTenant(ctx, e.TenantID.String())
	}
	ctx, span := f.startSpan(ctx, e)
	consumer := f.consumer.Load()
	err = consumer.Deliver(ctx, e.Event, e.Attempts+1)
	endSpan(span, err)
	f.relay.deps.Signals.EventDelivered(ctx, consumer.label(), err == nil)
	if err == nil {
		return 0, nil
	}
	wait = backoff(e.Attempts+1, err)
	f.relay.log.WarnContext(ctx, "event not taken", slog.String("consumer", f.lease.Consumer), slog.String("event_id", e.ID.String()),
		slog.String("event_type", string(e.Type)), slog.Int("attempt", e.Attempts+1), slog.Int64("retry_in_ms", wait.Milliseconds()), slog.Any("error", err))
	return wait, err
}

// measureEvery is between looks at a consumer's backlog.
const measureEvery = 5 * time.Second

func (f *feed) measure(ctx context.Context) error {
	now, consumer := time.Now(), f.consumer.Load()
	if consumer.Group != "" || now.Before(f.measured.Add(measureEvery)) {
		return nil
	}
	f.measured = now
	ctx, cancel := context.WithTimeout(ctx, f.relay.config.Timeout)
	defer cancel()
	parked, dead, lag, err := f.relay.deps.Store.RelayBacklog(ctx, f.lease.Consumer, consumer.Types)
	if err != nil {
		return err
	}
	f.relay.deps.Signals.EventBacklog(ctx, f.lease.Consumer, parked, dead, lag)
	return nil
}
