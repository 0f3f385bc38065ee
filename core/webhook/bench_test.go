package webhook_test

import (
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/usher-id/usher/core"
)

// BenchmarkCommitToWebhook is how long it takes from the commit of an event until its receiver has it.
func BenchmarkCommitToWebhook(b *testing.B) {
	s := newStage(b)
	w := s.replica(nil)
	tenant := s.tenant("acme")
	arrived := make(chan time.Time, 1)
	r := receive(b, func(int, delivery, http.ResponseWriter) { arrived <- time.Now() })
	_, _, err := w.Add(b.Context(), operator, r.URL, []core.EventType{core.InvitationResent})
	must(b, err)
	s.happen(tenant, 1)
	<-arrived // the endpoint has its feed
	var took []time.Duration
	for b.Loop() {
		s.happen(tenant, 1)
		committed := time.Now()
		took = append(took, (<-arrived).Sub(committed))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms/p50")
	b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "ms/p95")
}

// BenchmarkDeliveries is how many events a second one endpoint takes, of many tenants.
func BenchmarkDeliveries(b *testing.B) {
	s := newStage(b)
	w := s.replica(nil)
	var left sync.WaitGroup
	r := receive(b, func(int, delivery, http.ResponseWriter) { left.Done() })
	_, _, err := w.Add(b.Context(), operator, r.URL, []core.EventType{core.InvitationResent})
	must(b, err)
	left.Add(b.N)
	b.ResetTimer()
	s.exec(`INSERT INTO events (type, tenant_id, aggregate_type, aggregate_id, aggregate_version, data)
		SELECT 'InvitationResent', ('01900000-0000-7000-8000-0000000000' || to_char(i % 20 + 10, 'FM00'))::uuid, 'invitation', gen_random_uuid(), 1,
			'{"expires_at": "2030-01-01T00:00:00Z"}' FROM generate_series(1, $1) i`, b.N)
	left.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}
