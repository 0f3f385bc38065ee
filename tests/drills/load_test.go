package drills_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/usher-id/usher/tests/load/drive"
)

// traffic are people who sign up at every replica.
type traffic struct {
	t     *testing.T
	fleet *fleet
	next  atomic.Int64 // the person who comes next, over all phases
	sour  atomic.Int64 // percent of organizations whose name a brittle gate does not bear

	stop context.CancelFunc
	done sync.WaitGroup

	mu     sync.Mutex
	sent   int
	failed map[string]int
	took   []time.Duration
}

// clients are those of one replica.
const clients = 4

// Prepare implements [drive.Target].
func (l *traffic) Prepare(_ drive.Step, _ int, request *fasthttp.Request) bool {
	i := l.next.Add(1)
	name := "Acme"
	if i*37%100 < l.sour.Load() {
		name = "sour Acme"
	}
	request.Header.SetMethod(fasthttp.MethodPost)
	request.Header.SetContentType("application/json")
	request.SetRequestURI("/v1/signups")
	request.AppendBodyString(fmt.Sprintf(`{"email":"owner-%d@company.example","organization_name":"%s %d"}`, i, name, i))
	return true
}

// Accept implements [drive.Target].
func (l *traffic) Accept(_ drive.Step, _ int, _ time.Time, status int, body []byte) error {
	if status != fasthttp.StatusAccepted {
		return errors.New(fmt.Sprint(status, " ", drive.Text(body, "code"), ": ", drive.Text(body, "detail")))
	}
	return nil
}

// capacity is how many signups a second the fleet takes when it is asked as fast as it answers.
func (l *traffic) capacity() float64 {
	const people = 600 // of each replica
	began := time.Now()
	results := l.phase(l.t.Context(), drive.Load{Step: drive.Signup, Count: people, Clients: clients})
	n := 0
	for _, r := range results {
		if r.Failed() > 0 {
			l.t.Fatalf("signups fail before anything happened: %v", r.Errors)
		}
		n += len(r.Durations)
	}
	return float64(n) / time.Since(began).Seconds()
}

// begin sends that many signups a second, at fixed times, until end.
func (l *traffic) begin(perSecond float64) {
	ctx, stop := context.WithCancel(context.WithoutCancel(l.t.Context()))
	l.stop, l.failed = stop, map[string]int{}
	every := time.Duration(float64(time.Second) * clients * float64(len(l.fleet.replicas)) / perSecond)
	l.done.Go(func() {
		for ctx.Err() == nil {
			l.keep(l.phase(ctx, drive.Load{Step: drive.Signup, Count: int(perSecond), Clients: clients, Every: every}))
		}
	})
}

func (l *traffic) phase(ctx context.Context, load drive.Load) []drive.Result {
	results := make([]drive.Result, len(l.fleet.replicas))
	var all sync.WaitGroup
	for i, replica := range l.fleet.replicas {
		all.Go(func() {
			client := drive.New(strings.TrimPrefix(replica.URL, "http://"), clients, l)
			defer client.Close()
			results[i] = client.Run(ctx, load)
		})
	}
	all.Wait()
	return results
}

func (l *traffic) keep(results []drive.Result) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range results {
		l.sent += len(r.Durations) + r.Failed()
		l.took = append(l.took, r.Durations...)
		for what, n := range r.Errors {
			l.failed[what] += n
		}
	}
}

// end waits for the last answers and says how it went.
func (l *traffic) end() (sent int, failed map[string]int) {
	l.stop()
	l.done.Wait()
	slices.Sort(l.took)
	if n := len(l.took); n > 0 {
		l.t.Logf("%d signups, p50 %v, p99 %v, worst %v; failed: %v", l.sent, l.took[n/2].Round(time.Microsecond),
			l.took[n*99/100].Round(time.Microsecond), l.took[n-1].Round(time.Microsecond), slices.Sorted(maps.Keys(l.failed)))
	}
	return l.sent, l.failed
}
