package pgtest

import (
	"context"
	"crypto/rand"
	"maps"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/usher-id/usher/core/postgres"
)

// Options shape a dedicated server. The zero value is a durable server on a socket, with the database "usher" empty.
type Options struct {
	TCP      bool              // also listen on a free port of 127.0.0.1, for a proxy that injects faults
	NoFsync  bool              // for tests that need a server of their own but not its durability
	Migrate  bool              // migrate the database "usher" as Template says
	Settings map[string]string // laid over the private server's own, such as {"max_connections": "5"}
}

// DB is a dedicated server that a test may stop, kill and start again on the same data, socket and port. Its methods
// are for one goroutine.
type DB struct {
	*postgres.Server
	t   testing.TB
	cfg postgres.Config
}

// Dedicated starts a server for this test alone and stops it when the test ends.
func Dedicated(t testing.TB, opts Options) *DB {
	t.Helper()
	parent := os.TempDir() // the disk, where fsync means something
	if opts.NoFsync {
		parent = fastest()
	}
	dir, err := tempDir(parent)
	if err != nil {
		t.Fatal("pgtest: ", err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	cfg := postgres.Config{
		BinDir:   os.Getenv("USHER_PG_BIN"),
		DataDir:  filepath.Join(dir, "data"),
		NoSync:   true,
		Settings: map[string]string{},
	}
	if opts.NoFsync {
		cfg.Settings["fsync"] = "off"
	}
	maps.Copy(cfg.Settings, opts.Settings)
	if opts.TCP {
		cfg.Port, cfg.Password = freePort(t), rand.Text()
	}
	db := &DB{t: t, cfg: cfg}
	db.Start()
	t.Cleanup(db.Stop)
	if opts.Migrate && binary.migrate != nil {
		ctx, cancel := context.WithTimeout(t.Context(), stepTimeout)
		defer cancel()
		if err := binary.migrate(ctx, db.URL("usher")); err != nil {
			t.Fatal("pgtest: migrate: ", err)
		}
	}
	return db
}

// Start runs the server again after Stop or Kill. Its URLs stay what they were.
func (db *DB) Start() {
	db.t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(db.t.Context()), startTimeout)
	defer cancel()
	s, err := postgres.Start(ctx, db.cfg)
	if err != nil {
		unavailable(db.t, err)
	}
	db.Server = s
}

// Stop shuts the server down and waits for it. Stopping a stopped or killed server does nothing.
func (db *DB) Stop() {
	ctx, cancel := context.WithTimeout(context.Background(), stepTimeout)
	defer cancel()
	select {
	case <-db.Done():
		_ = db.Server.Stop(ctx) // gives the directory back; it ended as the test wanted
	default:
		if err := db.Server.Stop(ctx); err != nil {
			db.t.Error("pgtest: ", err)
		}
	}
}

// Kill ends the server as a crash would (kill -9) and waits for it.
func (db *DB) Kill() {
	db.t.Helper()
	p, err := os.FindProcess(db.PID())
	if err == nil {
		err = p.Kill()
	}
	if err != nil {
		db.t.Fatal("pgtest: kill: ", err)
	}
	<-db.Done()
	db.Stop()
}

// freePort asks the kernel for a port and gives it back; the moment until the server takes it is short.
func freePort(t testing.TB) int {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal("pgtest: ", err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
