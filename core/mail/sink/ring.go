package sink

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/usher-id/usher/core"
)

// entry is one mail to one recipient as it came.
type entry struct {
	id       core.ID
	from, to string
	at       time.Time
	raw      []byte
}

// ring keeps the newest entries within a number and a total size. Safe for
// concurrent use.
type ring struct {
	keep      int
	keepBytes int64

	mu      sync.Mutex
	entries []entry // oldest first, from first on
	first   int
	bytes   int64
	arrived chan struct{} // closed and replaced at each arrival
}

func newRing(c Config) *ring {
	return &ring{keep: c.Keep, keepBytes: c.KeepBytes, arrived: make(chan struct{})}
}

func (r *ring) put(e entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.entries = append(r.entries, e)
	r.bytes += int64(len(e.raw))
	for len(r.entries)-r.first > r.keep || r.bytes > r.keepBytes && len(r.entries)-r.first > 1 {
		r.bytes -= int64(len(r.entries[r.first].raw))
		r.entries[r.first] = entry{}
		r.first++
	}
	if r.first > r.keep { // now and then, move what is left to the front
		n := copy(r.entries, r.entries[r.first:])
		clear(r.entries[n:])
		r.entries, r.first = r.entries[:n], 0
	}
	close(r.arrived)
	r.arrived = make(chan struct{})
}

// find gives the newest entries for an address, newest first; an empty address
// means all of them, a limit of 0 no limit.
func (r *ring) find(to string, limit int) ([]entry, <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var found []entry
	for i := len(r.entries) - 1; i >= r.first && (limit == 0 || len(found) < limit); i-- {
		if to == "" || strings.EqualFold(to, r.entries[i].to) {
			found = append(found, r.entries[i])
		}
	}
	return found, r.arrived
}

func (r *ring) clear() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.entries, r.first, r.bytes = nil, 0, 0
}

// List gives the newest mails to an address, newest first. An empty address means
// every mail, a limit of 0 all that are kept.
func (s *Sink) List(to string, limit int) []Mail {
	entries, _ := s.ring.find(to, limit)
	return read(entries)
}

// Wait returns as soon as n mails to an address are there, or with the context's
// error and what there is by then.
func (s *Sink) Wait(ctx context.Context, to string, n int) ([]Mail, error) {
	for {
		entries, arrived := s.ring.find(to, 0)
		if len(entries) >= n {
			return read(entries), nil
		}
		select {
		case <-arrived:
		case <-ctx.Done():
			return read(entries), ctx.Err()
		}
	}
}

// Clear forgets every mail.
func (s *Sink) Clear() { s.ring.clear() }
