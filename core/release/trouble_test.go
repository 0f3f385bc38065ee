package release_test

import (
	"context"
	"errors"
	"net"
	"net/url"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/release"
	"github.com/usher-id/usher/core/store"
	"github.com/usher-id/usher/tests/storetest"
)

// TestOvertakenIsGivenUp: what a rollback overtakes is compiled no longer, and is no trouble.
func TestOvertakenIsGivenUp(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 0)
	e := &engine{held: map[int64]chan struct{}{2: make(chan struct{})}}
	f.join(e)
	f.make(activate)
	f.allServe(1)
	f.make(release.Change{Kind: core.ReleaseActivate, Version: "gate@1.1.0"})
	until(t, "it is begun", func() bool { return <-e.begun == 2 })
	f.make(release.Change{Kind: core.ReleaseRollback, Reason: "drill"})
	f.allServe(3)
	until(t, "it is given up", func() bool {
		e.mu.Lock()
		defer e.mu.Unlock()
		return slices.Contains(e.gaveUp, 2)
	})
	f.make(release.Change{Kind: core.ReleaseActivate, Version: "gate@2.0.0"})
	f.allServe(4)
	_, replicas, err := f.ledger.Standing(t.Context())
	must(t, err)
	if replicas[0].Failed != 0 {
		t.Errorf("%+v", replicas[0])
	}
}

// forgetful is a store that does not hear the first word of a failure.
type forgetful struct {
	*store.Store

	once *sync.Once
}

func (s forgetful) FailPluginRelease(ctx context.Context, number int64, live time.Duration, why string) (err error) {
	s.once.Do(func() { err = errors.New("connection reset by peer") })
	if err != nil {
		return err
	}
	return s.Store.FailPluginRelease(ctx, number, live, why)
}

// TestFailureIsToldAgain: a release that a replica cannot prepare ends also when the ledger did
// not hear of it at first. It would bar every other until somebody looked.
func TestFailureIsToldAgain(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 1)
	f.joinOn(forgetful{f.store, &sync.Once{}}, &engine{fails: map[int64]error{1: errors.New("out of memory")}})
	f.make(activate)
	until(t, "it failed", func() bool { return f.release(1).State == core.ReleaseFailed })
	f.make(activate)
	f.allServe(2)
}

// unread is a store whose ledger cannot be read once it is cut.
type unread struct {
	*store.Store

	cut atomic.Bool
}

func (s *unread) PluginLedger(ctx context.Context) (core.PluginLedger, error) {
	if s.cut.Load() {
		return core.PluginLedger{}, errors.New("too many connections")
	}
	return s.Store.PluginLedger(ctx)
}

func (s *unread) ListenPlugins(ctx context.Context, heard func(core.PluginNews)) error {
	return s.Store.ListenPlugins(ctx, func(n core.PluginNews) {
		if n.Carried || !s.cut.Load() {
			heard(n)
		}
	})
}

// TestRollbackIsCarried: a replica that is told of a rollback need not get an answer of the
// database to serve it.
func TestRollbackIsCarried(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 1)
	s := &unread{Store: storetest.OpenAt(t, f.url)}
	f.joinOn(s, &engine{})
	f.make(activate)
	f.allServe(1)
	f.make(release.Change{Kind: core.ReleaseActivate, Version: "gate@1.1.0"})
	f.allServe(2)
	s.cut.Store(true)
	f.make(release.Change{Kind: core.ReleaseRollback, Reason: "drill"})
	f.allServe(3)
}

// TestLeavesAtOnce: the others do not wait for a replica that ends while it compiles.
func TestLeavesAtOnce(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 0)
	e := &engine{stuck: map[int64]chan struct{}{1: make(chan struct{})}}
	stop := f.join(e)
	compiled := sync.OnceFunc(func() { close(e.stuck[1]) })
	t.Cleanup(compiled)
	f.make(activate)
	<-e.begun
	ended := make(chan struct{})
	go func() { defer close(ended); stop() }()
	until(t, "the others are told", func() bool {
		_, replicas, err := f.ledger.Standing(t.Context())
		must(t, err)
		return len(replicas) == 0
	})
	compiled()
	<-ended
}

// TestJoinsWithThePreviousWarm: a rollback finds its release compiled also where it never served.
func TestJoinsWithThePreviousWarm(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 1)
	f.make(activate)
	f.allServe(1)
	f.make(release.Change{Kind: core.ReleaseActivate, Version: "gate@1.1.0"})
	f.allServe(2)
	late := &engine{}
	f.join(late)
	until(t, "the one before is kept warm", func() bool {
		return slices.ContainsFunc(late.serves().Earlier, func(r core.PluginRelease) bool { return r.Number == 1 })
	})
}

// lossy passes a database's connections on until it drops off: then those that are open go
// silent, and nobody is told.
type lossy struct {
	listener net.Listener
	to       string // its socket

	mu     sync.Mutex
	silent chan struct{} // closed when what is open goes silent
}

// through gives the URL of a database behind it.
func through(t *testing.T, database string) (l *lossy, behind string) {
	t.Helper()
	u, err := url.Parse(database)
	must(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	where := u.Query()
	l = &lossy{listener: listener, to: filepath.Join(where.Get("host"), ".s.PGSQL."+where.Get("port")), silent: make(chan struct{})}
	go l.accept()
	host, port, err := net.SplitHostPort(listener.Addr().String())
	must(t, err)
	where.Set("host", host)
	where.Set("port", port)
	u.RawQuery = where.Encode()
	return l, u.String()
}

func (l *lossy) accept() {
	for {
		client, err := l.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("unix", l.to)
		if err != nil {
			_ = client.Close()
			continue
		}
		l.mu.Lock()
		silent := l.silent
		l.mu.Unlock()
		go pass(client, server, silent)
		go pass(server, client, silent)
	}
}

func pass(from, to net.Conn, silent <-chan struct{}) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		select {
		case <-silent: // what comes is taken and goes nowhere
			if err == nil {
				continue
			}
		default:
		}
		if err == nil {
			_, err = to.Write(buffer[:n])
		}
		if err != nil {
			_ = to.Close()
			return
		}
	}
}

// drop has every connection that is open go silent; the next ones work.
func (l *lossy) drop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.silent)
	l.silent = make(chan struct{})
}

// TestSilentConnections: a replica whose connections are dead without a word, as behind a
// firewall that forgot them, follows all the same.
func TestSilentConnections(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 0)
	wire, behind := through(t, f.url)
	f.joinOn(storetest.OpenAt(t, behind), &engine{})
	f.make(activate)
	f.allServe(1)
	wire.drop()
	f.make(release.Change{Kind: core.ReleaseActivate, Version: "gate@1.1.0"})
	f.allServe(2)
}
