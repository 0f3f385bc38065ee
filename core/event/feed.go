package event

import (
	"context"
	"log/slog"
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

	renew    time.Time // when the lease is prolonged, or asked for again
	held     bool
	place    core.EventPlace // as last moved by this process
	measured time.Time
	failing  bool
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
		}
		more, err := f.round(ctx)
		f.note(ctx, err)
		wait := f.relay.config.Poll
		if more && err == nil {
			wait = 0
		}
		timer.Reset(wait)
	}
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

// hold keeps the lease, with half of it to spare.
func (f *feed) hold(ctx context.Context) error {
	now := time.Now()
	if now.Before(f.renew) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, f.relay.config.Timeout)
	defer cancel()
	held, err := f.relay.deps.Store.LeaseConsumer(ctx, f.lease)
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

// fresh delivers what came after the consumer's place.
func (f *feed) fresh(ctx context.Context) (more bool, err error) {
	bounded, cancel := context.WithTimeout(ctx, f.relay.config.Timeout)
	defer cancel()
	events, place, err := f.relay.deps.Store.ReadOutbox(bounded, f.lease.Consumer, f.consumer.Load().Types, f.relay.config.Batch)
	if err != nil || len(events) == 0 && !f.strayed(place) {
		return false, err
	}
	var parked []core.ParkedEvent
	for _, o := range f.deliver(ctx, events) {
		parked = append(parked, o.left...)
	}
	if ctx.Err() != nil { // what was interrupted is delivered again by whoever comes next
		return false, nil
	}
	save, cancel := context.WithTimeout(ctx, f.relay.config.Timeout)
	defer cancel()
	f.place = place
	err = f.lost(f.relay.deps.Store.Advance(save, f.lease, place, parked))
	return len(events) == f.relay.config.Batch, err
}

// stray is how many transactions without an event for it a consumer leaves between its
// place and the present: each read walks over their events, and each move is a write.
const stray = 1000

func (f *feed) strayed(to core.EventPlace) bool { return to.Xid >= f.place.Xid+stray }

// parked tries again what was not taken before.
func (f *feed) parked(ctx context.Context) (more bool, err error) {
	bounded, cancel := context.WithTimeout(ctx, f.relay.config.Timeout)
	defer cancel()
	events, err := f.relay.deps.Store.DueEvents(bounded, f.lease.Consumer, f.relay.config.Batch)
	if err != nil || len(events) == 0 {
		return false, err
	}
	var taken []core.OutboxEvent
	var left []core.ParkedEvent
	for _, o := range f.deliver(ctx, events) {
		taken, left = append(taken, o.taken...), append(left, o.left...)
	}
	if ctx.Err() != nil {
		return false, nil
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
	return len(taken) > 0, err
}

// outcome is what became of the events of one tenant.
type outcome struct {
	taken []core.OutboxEvent
	left  []core.ParkedEvent
}

// deliver hands over events, those of each tenant in their order, several tenants at
// once. After the first of a tenant that is not taken the others of that tenant are left.
func (f *feed) deliver(ctx context.Context, events []core.OutboxEvent) []outcome {
	var order []core.ID
	of := map[core.ID][]core.OutboxEvent{}
	for _, e := range events {
		if _, known := of[e.TenantID]; !known {
			order = append(order, e.TenantID)
		}
		of[e.TenantID] = append(of[e.TenantID], e)
	}
	outcomes := make([]outcome, len(order))
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
	return outcomes
}

func (f *feed) inOrder(ctx context.Context, events []core.OutboxEvent) (o outcome) {
	for i, e := range events {
		if e.Behind { // an earlier one of this tenant is parked
			o.left = append(o.left, park(events[i:])...)
			return o
		}
		if wait, ok := f.one(ctx, e); !ok {
			o.left = append(o.left, core.ParkedEvent{OutboxEvent: e, Attempts: e.Attempts + 1, Wait: wait})
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
func (f *feed) one(ctx context.Context, e core.OutboxEvent) (wait time.Duration, taken bool) {
	ctx, cancel := context.WithTimeout(ctx, f.relay.config.Deliver)
	defer cancel()
	ctx = signal.Extract(ctx, e.Traceparent)
	if !e.TenantID.IsZero() {
		ctx = signal.WithTenant(ctx, e.TenantID.String())
	}
	ctx, span := f.startSpan(ctx, e)
	err := f.consumer.Load().Deliver(ctx, e.Event, e.Attempts+1)
	endSpan(span, err)
	f.relay.deps.Signals.EventDelivered(ctx, f.lease.Consumer, err == nil)
	if err == nil {
		return 0, true
	}
	wait = backoff(e.Attempts+1, err)
	f.relay.log.WarnContext(ctx, "event not taken", slog.String("consumer", f.lease.Consumer), slog.String("event_id", e.ID.String()),
		slog.String("event_type", string(e.Type)), slog.Int("attempt", e.Attempts+1), slog.Int64("retry_in_ms", wait.Milliseconds()), slog.Any("error", err))
	return wait, false
}

// measureEvery is between looks at a consumer's backlog.
const measureEvery = 5 * time.Second

func (f *feed) measure(ctx context.Context) error {
	now := time.Now()
	if now.Before(f.measured.Add(measureEvery)) {
		return nil
	}
	f.measured = now
	ctx, cancel := context.WithTimeout(ctx, f.relay.config.Timeout)
	defer cancel()
	parked, lag, err := f.relay.deps.Store.RelayBacklog(ctx, f.lease.Consumer, f.consumer.Load().Types)
	if err != nil {
		return err
	}
	f.relay.deps.Signals.EventBacklog(ctx, f.lease.Consumer, parked, lag)
	return nil
}
