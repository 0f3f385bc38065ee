package signal

import (
	"context"
	"time"
)

type deliveryLabels struct {
	consumer string
	result   Result
}

func (l deliveryLabels) attributes() attributes {
	return attributes{LabelConsumer.String(l.consumer), LabelOutcome.String(string(l.result))}
}

// EventDelivered counts one attempt to hand an event to a consumer.
func (s *Signals) EventDelivered(ctx context.Context, consumer string, taken bool) {
	result := Failed
	if taken {
		result = OK
	}
	s.deliveries.Add(ctx, 1, s.labels.delivery.adds(ctx, deliveryLabels{consumer, result})...)
}

// EventBacklog tells how many events wait for a consumer that did not take them, how many of them
// for ever, and how
// old the oldest is that it has not taken. Only the process that holds the consumer tells.
func (s *Signals) EventBacklog(ctx context.Context, consumer string, parked, dead int64, lag time.Duration) {
	s.eventDead.Record(ctx, dead, s.labels.consumer.records(ctx, consumer)...)
	s.parked.Record(ctx, parked, s.labels.consumer.records(ctx, consumer)...)
	s.eventLag.Record(ctx, lag.Seconds(), s.labels.consumer.records(ctx, consumer)...)
}

// WebhooksDisabled tells how many endpoints are disabled for a reason.
func (s *Signals) WebhooksDisabled(ctx context.Context, reason string, n int64) {
	s.webhooksOff.Record(ctx, n, s.labels.reason.records(ctx, reason)...)
}

// EventStreams tells how many streams of events are open.
func (s *Signals) EventStreams(ctx context.Context, n int64) {
	s.streams.Record(ctx, n, s.labels.bare.records(ctx, bare{})...)
}
