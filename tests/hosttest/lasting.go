package hosttest

import (
	"errors"
	"os"
	"sync"
	"testing"

	"github.com/usher-id/usher/tests/pgtest"
)

// Lasting is a host that several tests of one binary share: it starts with the first
// that asks for it and ends after the last. Tests keep apart by having tenants of their
// own.
type Lasting struct {
	options func() Options
	once    sync.Once
	host    *Host
	err     error
}

// NewLasting says what to run when it is asked for first; options is called then.
func NewLasting(options func() Options) *Lasting { return &Lasting{options: options} }

// Host gives the host, ready.
func (l *Lasting) Host(t testing.TB) *Host {
	t.Helper()
	pgtest.Need(t)
	l.once.Do(func() {
		l.host, l.err = start(l.options())
		if l.err == nil {
			lasting.Lock()
			defer lasting.Unlock()
			lasting.hosts = append(lasting.hosts, l.host)
		}
	})
	if l.err != nil {
		t.Fatal("hosttest: ", l.err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the log of the host that tests share:\n%s", tail(l.host.Log.String()))
		}
	})
	return l.host
}

// lasting are the hosts to end in [Main].
var lasting struct {
	sync.Mutex
	hosts []*Host
}

func closeLasting() error {
	var all error
	for _, h := range lasting.hosts {
		all = errors.Join(all, h.close(), os.RemoveAll(h.Dir))
	}
	return all
}
