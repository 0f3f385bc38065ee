package store

import (
	"context"
	"time"

	"github.com/usher-id/usher/core"
)

// recordVisits leaves out what belongs to no token, and changes no token.
const recordVisits = `INSERT INTO link_visits AS v (token_id, token_version, kind, reason, first_at, last_at, count, traceparent)
SELECT k.id, k.version, n.kind, n.reason, n.first_at, n.last_at, n.count, n.traceparent
FROM unnest($1::bytea[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::bigint[], $7::text[])
	AS n (hash, kind, reason, first_at, last_at, count, traceparent)
JOIN tokens k ON k.hash = n.hash
ORDER BY k.id, k.version, n.kind, n.reason
ON CONFLICT (token_id, token_version, kind, reason) DO UPDATE SET count = v.count + EXCLUDED.count,
	first_at = least(v.first_at, EXCLUDED.first_at), last_at = greatest(v.last_at, EXCLUDED.last_at), traceparent = EXCLUDED.traceparent`

// RecordVisits keeps who looked at links, in one round trip. No two may be of one link, kind
// and reason. What belongs to no link that ever was is left out.
func (s *Store) RecordVisits(ctx context.Context, visits []core.Visit) error {
	n := len(visits)
	hashes, kinds, reasons, traces := make([][]byte, n), make([]string, n), make([]string, n), make([]string, n)
	first, last, counts := make([]time.Time, n), make([]time.Time, n), make([]int64, n)
	for i, v := range visits {
		hashes[i], kinds[i], reasons[i], traces[i] = v.Hash[:], string(v.Kind), v.Reason, v.Traceparent
		first[i], last[i], counts[i] = v.First, v.Last, v.Count
	}
	_, err := s.job.Exec(ctx, recordVisits, hashes, kinds, reasons, first, last, counts, traces)
	return failure("record visits of links", err)
}
