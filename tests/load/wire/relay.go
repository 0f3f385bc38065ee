package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
)

// Count is what passed on some connections.
type Count struct {
	RoundTrips int
	Statements int
	Commits    int            // transactions that wrote
	Calls      map[string]int // executions by statement
}

// Relay is a running relay. It is safe for concurrent use.
type Relay struct {
	listener   net.Listener
	upstream   string
	background func(statement string) bool

	mu    sync.Mutex
	conns map[*conn]struct{}
	gone  [2]Count // of connections that have ended: requests', background's
}

// Listen starts a relay from one socket to another. background tells by its text that a
// statement is no request's.
func Listen(ctx context.Context, socket, upstream string, background func(string) bool) (*Relay, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "unix", socket)
	if err != nil {
		return nil, fmt.Errorf("wire: %w", err)
	}
	r := &Relay{listener: l, upstream: upstream, background: background, conns: map[*conn]struct{}{}}
	go r.accept(context.WithoutCancel(ctx))
	return r, nil
}

// Close takes no more connections and ends those that are open.
func (r *Relay) Close() error {
	err := r.listener.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	for c := range r.conns {
		c.close()
	}
	return err
}

// Take gives what passed since the last Take, apart for requests and background.
func (r *Relay) Take() (requests, background Count) {
	r.mu.Lock()
	defer r.mu.Unlock()
	both := r.gone
	r.gone = [2]Count{}
	for c := range r.conns {
		add(&both[c.kind()], c.take())
	}
	return both[0], both[1]
}

func add(to *Count, c Count) {
	to.RoundTrips += c.RoundTrips
	to.Statements += c.Statements
	to.Commits += c.Commits
	if to.Calls == nil {
		to.Calls = map[string]int{}
	}
	for statement, n := range c.Calls {
		to.Calls[statement] += n
	}
}

func (r *Relay) accept(ctx context.Context) {
	for {
		client, err := r.listener.Accept()
		if err != nil {
			return // closed
		}
		server, err := new(net.Dialer).DialContext(ctx, "unix", r.upstream)
		if err != nil {
			_ = client.Close() // the host reports that it cannot connect
			continue
		}
		c := &conn{client: client, server: server, background: r.background, named: map[string]string{}}
		r.mu.Lock()
		r.conns[c] = struct{}{}
		r.mu.Unlock()
		go r.serve(c)
	}
}

func (r *Relay) serve(c *conn) {
	var both sync.WaitGroup
	both.Go(func() { c.requests(); c.close() })
	both.Go(func() { c.answers(); c.close() })
	both.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	add(&r.gone[c.kind()], c.take())
	delete(r.conns, c)
}

// errBroken ends a connection that does not speak the protocol.
var errBroken = errors.New("wire: not the protocol")

// readFull is io.ReadFull for a message whose length the other side says.
func readFull(r io.Reader, n uint32) ([]byte, error) {
	const most = 64 << 20
	if n > most {
		return nil, errBroken
	}
	b := make([]byte, n)
	_, err := io.ReadFull(r, b)
	return b, err
}
