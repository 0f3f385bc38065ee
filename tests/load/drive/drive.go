package drive

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"
)

// Step is one kind of request of the pipeline.
type Step string

// The steps, in the order of a person's way.
const (
	Signup   Step = "signup"
	Verify   Step = "verify"   // the owner's link is used
	Invite   Step = "invite"   // the owner invites a colleague
	Page     Step = "page"     // the colleague opens the link
	Inspect  Step = "inspect"  // the page asks what the link is for
	Activate Step = "activate" // the colleague's link is used
)

// Target is what is measured. Its methods are called by many clients at once, but never
// for the same person at the same time.
type Target interface {
	// Prepare writes the request of a step for person i into an empty request. It is
	// false when the person cannot take the step, because an earlier one failed.
	Prepare(step Step, i int, request *fasthttp.Request) bool
	// Accept reads the answer, which was complete at the time given; the body is valid
	// during the call only. An error makes the request one that failed; its text is the
	// name under which such failures are counted.
	Accept(step Step, i int, at time.Time, status int, body []byte) error
}

// Load is the work of one phase.
type Load struct {
	Step    Step
	First   int // the first person
	Count   int // how many persons
	Group   int // persons in a row that one client serves, such as those of one tenant; 0 is 1
	Clients int // at once

	// Every, when set, makes a client begin a request at fixed intervals instead of when
	// the last one is answered. The duration counts from when it should have begun.
	Every time.Duration
}

// Result is what a phase took.
type Result struct {
	Step      Step
	Clients   int
	Started   time.Time
	Elapsed   time.Duration   // from the first request to the last answer
	Durations []time.Duration // of each request that succeeded, in no order
	Errors    map[string]int  // how many failed, by what was wrong
}

// Failed is the number of requests that failed.
func (r Result) Failed() int {
	n := 0
	for _, count := range r.Errors {
		n += count
	}
	return n
}

// Client keeps connections to one server. It is safe for concurrent use.
type Client struct {
	host   fasthttp.HostClient
	target Target
}

// answerTimeout is far above any answer that is worth measuring.
const answerTimeout = 30 * time.Second

// New makes a client of the server at address, such as 127.0.0.1:8080, with at most
// connections open.
func New(address string, connections int, target Target) *Client {
	return &Client{
		host: fasthttp.HostClient{
			Addr: address, MaxConns: connections, MaxIdemponentCallAttempts: 1,
			ReadTimeout: answerTimeout, WriteTimeout: answerTimeout, MaxIdleConnDuration: time.Minute,
			NoDefaultUserAgentHeader: true, DisablePathNormalizing: true,
		},
		target: target,
	}
}

// Close closes the connections that are idle.
func (c *Client) Close() { c.host.CloseIdleConnections() }

// Run sends the requests of a phase and returns when all are answered, or the context
// has ended.
func (c *Client) Run(ctx context.Context, l Load) Result {
	l.Group = max(l.Group, 1)
	workers := make([]worker, l.Clients)
	var next atomic.Int64
	var all sync.WaitGroup
	started := time.Now()
	for i := range workers {
		w := &workers[i]
		w.durations = make([]time.Duration, 0, 2*l.Count/l.Clients)
		all.Go(func() { c.work(ctx, l, &next, w) })
	}
	all.Wait()
	r := Result{Step: l.Step, Clients: l.Clients, Started: started, Elapsed: time.Since(started), Errors: map[string]int{}}
	for _, w := range workers {
		r.Durations = append(r.Durations, w.durations...)
		for what, n := range w.errors {
			r.Errors[what] += n
		}
	}
	return r
}

// worker is what one client saw.
type worker struct {
	durations []time.Duration
	errors    map[string]int
}

// work takes one group after the other until none is left.
func (c *Client) work(ctx context.Context, l Load, next *atomic.Int64, w *worker) {
	request, response := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(request)
	defer fasthttp.ReleaseResponse(response)
	due := time.Now()
	for ctx.Err() == nil {
		first := int(next.Add(1)-1) * l.Group
		if first >= l.Count {
			return
		}
		for i := first; i < min(first+l.Group, l.Count); i++ {
			late := time.Duration(0)
			if l.Every > 0 {
				due = due.Add(l.Every)
				late = wait(ctx, due)
			}
			took, err := c.do(l.Step, l.First+i, request, response)
			if errors.Is(err, errSkipped) {
				continue
			}
			if err == nil {
				w.durations = append(w.durations, late+took)
				continue
			}
			if w.errors == nil {
				w.errors = map[string]int{}
			}
			w.errors[err.Error()]++
		}
	}
}

// wait returns at the time given, or at once with how late it is.
func wait(ctx context.Context, due time.Time) (late time.Duration) {
	early := time.Until(due)
	if early <= 0 {
		return -early
	}
	select {
	case <-time.After(early):
	case <-ctx.Done():
	}
	return 0
}

// errSkipped is a step that nobody took.
var errSkipped = errors.New("skipped")

func (c *Client) do(step Step, i int, request *fasthttp.Request, response *fasthttp.Response) (time.Duration, error) {
	request.Reset()
	request.Header.SetHost(c.host.Addr)
	if !c.target.Prepare(step, i, request) {
		return 0, errSkipped
	}
	started := time.Now()
	err := c.host.Do(request, response)
	ended := time.Now()
	if err != nil {
		return 0, fmt.Errorf("no answer: %w", err)
	}
	return ended.Sub(started), c.target.Accept(step, i, ended, response.StatusCode(), response.Body())
}
