package mail_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"github.com/usher-id/usher/core/mail"
	"github.com/usher-id/usher/tests/pgtest"
)

// timed is a provider that notes how long after the beginning of its commit each mail was
// accepted. Both clocks are this machine's.
type timed struct {
	mail.Provider
	mu   sync.Mutex
	took []time.Duration
	came chan struct{}
}

func (p *timed) Send(ctx context.Context, m *mail.Message) error {
	err := p.Provider.Send(ctx, m)
	if err == nil {
		p.mu.Lock()
		p.took = append(p.took, time.Since(m.Date))
		p.mu.Unlock()
		p.came <- struct{}{}
	}
	return err
}

// p95 gives the median and the 95th percentile, and begins anew.
func (p *timed) p95() (p50, p95 time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	slices.Sort(p.took)
	p50, p95 = p.took[len(p.took)/2], p.took[len(p.took)*95/100]
	p.took = nil
	return p50, p95
}

// measured is a host over a Postgres with fsync on, and its provider.
func measured(b *testing.B) (*host, *timed) {
	b.Helper()
	_, to := startSink(b)
	db := pgtest.Dedicated(b, pgtest.Options{Migrate: true})
	p := &timed{came: make(chan struct{}, 200_000)}
	h := newHostWith(b, db.URL("usher"), to, tracenoop.NewTracerProvider().Tracer(""), func(d *mail.Deps, _ *mail.Config) {
		p.Provider = d.Providers[0]
		d.Providers = []mail.Provider{p}
	})
	return h, p
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// steady commits n signups, 20 in a second, and gives the times of the commits.
func steady(b *testing.B, h *host, prefix string, n int) (took []time.Duration) {
	b.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for i := range n {
		<-tick.C
		began := time.Now()
		h.signup(b, fmt.Sprint(prefix, i), "")
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	return took
}

// BenchmarkSteady has 20 mails a second leave, as each is promised.
func BenchmarkSteady(b *testing.B) {
	h, p := measured(b)
	h.work(b)
	n := 0
	for b.Loop() {
		steady(b, h, fmt.Sprint("steady", n, "x"), 200)
		n++
	}
	for range 200 * n {
		<-p.came
	}
	p50, p95 := p.p95()
	b.ReportMetric(milliseconds(p50), "p50-ms")
	b.ReportMetric(milliseconds(p95), "p95-ms")
}

// BenchmarkBurst promises 1,000 mails from 16 callers, as quickly as these can.
func BenchmarkBurst(b *testing.B) {
	h, p := measured(b)
	h.work(b)
	n := 0
	for b.Loop() {
		var wg sync.WaitGroup
		for worker := range 16 {
			wg.Go(func() {
				for i := worker; i < 1000; i += 16 {
					h.signup(b, fmt.Sprint("burst", n, "x", i), "")
				}
			})
		}
		wg.Wait()
		for range 1000 {
			<-p.came
		}
		n++
	}
	p50, p95 := p.p95()
	b.ReportMetric(milliseconds(p50), "p50-ms")
	b.ReportMetric(milliseconds(p95), "p95-ms")
	b.ReportMetric(float64(1000*n)/b.Elapsed().Seconds(), "mails/s")
}

// BenchmarkBacklog promises 20 mails a second: with an empty queue, with a list of 100,000 in it
// that waits, and while that leaves. It gives what a signup's commit takes each time, how long a
// mail takes to pass the list that leaves, and how much memory grows meanwhile.
func BenchmarkBacklog(b *testing.B) {
	h, p := measured(b)
	h.work(b)
	for b.Loop() {
		steady(b, h, "warm", 20)
		empty := steady(b, h, "empty", 200)
		if err := h.jobs.Pause(b.Context(), "bench", "the list is made"); err != nil {
			b.Fatal(err)
		}
		preload(b, h, 100_000)
		h.slowly(b, `UPDATE river_job SET priority = 3`)
		h.slowly(b, `ANALYZE`)
		queued := steady(b, h, "queued", 200)
		before := heap()
		if err := h.jobs.Resume(b.Context(), "bench", ""); err != nil {
			b.Fatal(err)
		}
		for range 1000 {
			<-p.came
		}
		leaving := steady(b, h, "leaving", 200)
		b.ReportMetric(milliseconds(empty[190]), "empty-p95-ms")
		b.ReportMetric(milliseconds(queued[190]), "queued-p95-ms")
		b.ReportMetric(milliseconds(leaving[190]), "leaving-p95-ms")
		b.ReportMetric(float64(heap()-before)/(1<<20), "grown-MiB")
		var passed float64
		if err := h.JobPool().QueryRow(b.Context(), `SELECT 1000 * percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM finalized_at - created_at))::float8
			FROM (SELECT * FROM river_job WHERE priority = 1 ORDER BY id DESC LIMIT 150) j WHERE state = 'completed'`).Scan(&passed); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(passed, "passing-p95-ms")
	}
}

// slowly carries a statement out however long it takes, and not by an index as the host's own.
func (h *host) slowly(b testing.TB, sql string, args ...any) {
	b.Helper()
	err := pgx.BeginFunc(b.Context(), h.JobPool(), func(tx pgx.Tx) error {
		for _, setting := range []string{"statement_timeout = 0", "enable_seqscan = on", "enable_hashjoin = on"} {
			if _, err := tx.Exec(b.Context(), "SET LOCAL "+setting); err != nil {
				return err
			}
		}
		_, err := tx.Exec(b.Context(), sql, args...)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
