package drive_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/usher-id/usher/tests/load/drive"
)

// target counts how often each person was served, and refuses person 3. Person 5 stays away.
type target struct {
	mu     sync.Mutex
	served map[int]int
}

func (t *target) Prepare(_ drive.Step, i int, r *fasthttp.Request) bool {
	r.SetRequestURI("/hello")
	return i != 5
}

func (t *target) Accept(_ drive.Step, i int, _ time.Time, status int, body []byte) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.served[i]++
	if i == 3 || status != fasthttp.StatusOK || string(body) != "hello" {
		return errors.New("refused")
	}
	return nil
}

func server(t *testing.T) (address string) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &fasthttp.Server{Handler: func(c *fasthttp.RequestCtx) { c.SetBodyString("hello") }}
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Shutdown() })
	return l.Addr().String()
}

func TestRun(t *testing.T) {
	t.Parallel()
	address := server(t)
	for name, load := range map[string]drive.Load{
		"one client":     {Count: 20, Clients: 1},
		"many clients":   {Count: 20, Clients: 8},
		"groups":         {Count: 20, Clients: 4, Group: 3},
		"at fixed times": {Count: 20, Clients: 2, Every: time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			people := &target{served: map[int]int{}}
			client := drive.New(address, load.Clients, people)
			defer client.Close()
			r := client.Run(t.Context(), load)
			if len(r.Durations) != 18 || r.Failed() != 1 || r.Errors["refused"] != 1 {
				t.Errorf("%d answers, errors %v", len(r.Durations), r.Errors)
			}
			for i := range 20 {
				if people.served[i] != 1 && i != 5 {
					t.Errorf("person %d was served %d times", i, people.served[i])
				}
			}
		})
	}
}

func TestRunEnds(t *testing.T) {
	t.Parallel()
	people := &target{served: map[int]int{}}
	client := drive.New(server(t), 1, people)
	defer client.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	r := client.Run(ctx, drive.Load{First: 10, Count: 1 << 20, Clients: 1, Every: time.Millisecond})
	if n := len(r.Durations); n == 0 || n > 1000 {
		t.Errorf("%d requests in 50 ms at one a millisecond", n)
	}
}

func TestNoAnswer(t *testing.T) {
	t.Parallel()
	client := drive.New("127.0.0.1:1", 1, &target{served: map[int]int{}})
	defer client.Close()
	if r := client.Run(t.Context(), drive.Load{Count: 2, Clients: 1}); r.Failed() != 2 {
		t.Errorf("errors %v", r.Errors)
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	document := []byte(`{"id":"a1","tenant":{"tenant_id":"b2"}}`)
	for key, want := range map[string]string{"id": "a1", "tenant_id": "b2", "none": ""} {
		if got := drive.Text(document, key); got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
}
