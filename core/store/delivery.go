package store

import (
	"context"

	"github.com/usher-id/usher/core"
)

// recordDeliveries leaves a message alone that was recorded as sent: a slower
// attempt that failed is no news. The turns of its providers are kept beside it; an attempt
// that is made anew after an operator's word takes the place of the first of its number.
const recordDeliveries = `WITH message AS (
	UPDATE messages m
	SET status = d.status, provider = d.provider, provider_message_id = d.provider_id, reason = d.reason, attempts = greatest(m.attempts, d.attempts), updated_at = now(),
		sent_at = CASE WHEN d.status = 'sent' THEN now() END, rendered_by = coalesce(nullif(d.rendered_by, ''), m.rendered_by),
		language = coalesce(nullif(d.language, ''), m.language), routed_by = coalesce(nullif(d.routed_by, ''), m.routed_by)
	FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::int[])
		AS d (id, status, provider, provider_id, reason, rendered_by, language, routed_by, attempts)
	WHERE m.id = d.id AND m.status <> 'sent'
	RETURNING m.id)
INSERT INTO message_attempts (message_id, number, turn, provider, outcome, duration_ms, traceparent)
SELECT t.id, t.number, t.turn, t.provider, t.outcome, t.duration_ms, t.traceparent
FROM unnest($10::uuid[], $11::int[], $12::int[], $13::text[], $14::text[], $15::int[], $16::text[])
	AS t (id, number, turn, provider, outcome, duration_ms, traceparent)
JOIN message ON message.id = t.id
ON CONFLICT (message_id, number, turn) DO UPDATE SET at = now(), provider = EXCLUDED.provider, outcome = EXCLUDED.outcome,
	duration_ms = EXCLUDED.duration_ms, traceparent = EXCLUDED.traceparent`

// RecordDeliveries keeps the outcomes of attempts to send, in one round trip. A
// message must not be in deliveries twice. Recording the same outcome again changes nothing.
func (s *Store) RecordDeliveries(ctx context.Context, deliveries []core.Delivery) error {
	n := len(deliveries)
	ids := make([][16]byte, n)
	words := make([]string, 7*n) // one allocation for the columns
	column := func(i int) []string { return words[i*n : (i+1)*n] }
	status, provider, providerID, reason, renderedBy, language, routedBy := column(0), column(1), column(2), column(3), column(4), column(5), column(6)
	attempts := make([]int32, n)
	var tries tryColumns
	for i, d := range deliveries {
		ids[i], status[i], provider[i], providerID[i], reason[i] = d.MessageID, string(d.Status), d.Provider, d.ProviderID, d.Reason
		renderedBy[i], language[i], routedBy[i] = d.RenderedBy, d.Language, d.RoutedBy
		attempts[i] = int32(d.Attempts) //nolint:gosec // at most the attempts of a job
		tries.add(d)
	}
	_, err := s.job.Exec(ctx, recordDeliveries, ids, status, provider, providerID, reason, renderedBy, language, routedBy, attempts,
		tries.ids, tries.number, tries.turn, tries.provider, tries.outcome, tries.duration, tries.traceparent)
	return failure("record deliveries", err)
}

// tryColumns are the turns of many deliveries.
type tryColumns struct {
	ids                            [][16]byte
	number, turn, duration         []int32
	provider, outcome, traceparent []string
}

// add takes the turns of one. An attempt that came to no provider has one turn, which says why.
func (c *tryColumns) add(d core.Delivery) {
	tries := d.Tries
	if len(tries) == 0 {
		tries = []core.MailTry{{Provider: d.Provider, Outcome: outcomeOf(d)}}
	}
	for turn, t := range tries {
		c.ids = append(c.ids, d.MessageID)
		c.number = append(c.number, int32(d.Attempts)) //nolint:gosec // as above
		c.turn = append(c.turn, int32(turn)+1)
		c.duration = append(c.duration, int32(min(t.Duration.Milliseconds(), 1<<30))) //nolint:gosec // bounded
		c.provider, c.outcome, c.traceparent = append(c.provider, t.Provider), append(c.outcome, t.Outcome), append(c.traceparent, d.Traceparent)
	}
}

func outcomeOf(d core.Delivery) string {
	switch d.Status {
	case core.DeliverySent:
		return "accepted"
	case core.DeliverySkipped:
		return "skipped: " + d.Reason
	default:
		return d.Reason
	}
}
