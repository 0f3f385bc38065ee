package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/usher-id/usher/config"
	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/activation"
	"github.com/usher-id/usher/core/event"
	"github.com/usher-id/usher/core/identity"
	"github.com/usher-id/usher/core/jetstream"
	"github.com/usher-id/usher/core/keyring"
	"github.com/usher-id/usher/core/mail"
	"github.com/usher-id/usher/core/mail/desk"
	"github.com/usher-id/usher/core/postgres"
	"github.com/usher-id/usher/core/release"
	"github.com/usher-id/usher/core/release/replay"
	"github.com/usher-id/usher/core/release/sample"
	"github.com/usher-id/usher/core/release/trial"
	signals "github.com/usher-id/usher/core/signal"
	"github.com/usher-id/usher/core/store"
	"github.com/usher-id/usher/core/telemetry"
	"github.com/usher-id/usher/core/webhook"
	"github.com/usher-id/usher/plugins"
)

// Options say how to start.
type Options struct {
	Sources     config.Sources
	Development bool      // a private Postgres, own secrets, the bundled plugins that need no grant
	Out         io.Writer // the start-up lines, for a person
	Err         io.Writer // the log
}

// App is a host that runs.
type App struct {
	Ready Ready // what was bound

	options   Options
	config    *config.Live
	log       *slog.Logger
	level     *slog.LevelVar
	telemetry *telemetry.Telemetry
	signals   *signals.Signals
	keys      *keyring.Ring
	postgres  *postgres.Server // nil unless private
	store     *store.Store
	registry  *release.Registry
	ledger    *release.Ledger
	replica   *release.Replica
	replicaID core.ID     // of this process, to the others
	unserved  atomic.Bool // it started without what the ledger says, which safe mode allows
	counter   *trial.Counter
	trials    *trial.Watch
	shadows   *release.Shadows
	samples   *sample.Keeper
	replays   *replay.Replays
	engine    *plugins.Engine
	lineup    *lineup
	loaded    chan struct{} // closed when the engine has what the configuration loads, or when loadErr says why not
	loadErr   error
	copies    copies
	sender    *mail.Sender
	desk      *desk.Desk
	bounces   *mail.Bounces
	identity  *identity.Service
	pipeline  *activation.Service
	tail      *event.Tail
	relay     *event.Relay
	streams   *event.Streams
	webhooks  *webhook.Service
	jetstream *jetstream.Publisher // nil without one
	public    net.Listener         // bound first, so that a port in use is known before anything starts
	operator  net.Listener

	life       context.Context // of what runs in the background
	background sync.WaitGroup
	closers    []closer // in the order of starting
}

// closer ends one part.
type closer struct {
	name string
	end  func(context.Context) error
}

// Run starts a host, runs it until ctx ends, and stops it. SIGHUP and a change of
// the configuration's file reload it meanwhile.
func Run(ctx context.Context, o Options) error {
	a, err := Start(ctx, o)
	if err != nil {
		return err
	}
	a.announce()
	err = a.wait(ctx)
	return errors.Join(err, a.Stop(context.WithoutCancel(ctx)))
}

// Start starts every part in its order and returns when the host is ready. When one
// cannot start, what was started before is stopped again.
func Start(ctx context.Context, o Options) (*App, error) {
	a := &App{options: o, level: new(slog.LevelVar), replicaID: core.NewID(time.Now())}
	a.counter = trial.NewCounter(a.replicaID)
	for _, step := range []func(context.Context) error{
		a.openConfig, a.openBackground, a.openKeys, a.beginPlugins, a.openDatabase, a.openParts, a.becomeReady,
	} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, a.Stop(context.WithoutCancel(ctx)))
		}
	}
	return a, nil
}

// closing has a part ended when the host stops, before those that were started earlier.
func (a *App) closing(name string, end func(context.Context) error) {
	a.closers = append(a.closers, closer{name, end})
}

// runs keeps something going until the host stops.
func (a *App) runs(ctx context.Context, run func(context.Context)) {
	a.background.Go(func() { run(ctx) })
}

// Stop ends the parts in the reverse of their order, within http.shutdown_timeout.
func (a *App) Stop(ctx context.Context) error {
	timeout := 20 * time.Second
	if a.config != nil {
		timeout = a.config.Current().HTTP.ShutdownTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var all error
	for _, c := range slices.Backward(a.closers) {
		if err := c.end(ctx); err != nil {
			all = errors.Join(all, fmt.Errorf("stop %s: %w", c.name, err))
		}
	}
	a.closers = nil
	return all
}

func (a *App) openConfig(ctx context.Context) error {
	a.options.Sources.Hooks = HookRules()
	if a.options.Development {
		a.options.Sources.Preset = map[string]string{"plugins.load": bundledPlugins()}
	}
	c, err := config.Load(a.options.Sources)
	if err != nil {
		return err
	}
	if !a.options.Development {
		if err := config.ServeRequirements(c); err != nil {
			return err
		}
	}
	if err := a.bind(ctx, c); err != nil {
		return err
	}
	if c.PublicURL == "" { // in development, and the port may have been chosen just now
		a.options.Sources.Preset["public_url"] = "http://" + a.public.Addr().String()
		if c, err = config.Load(a.options.Sources); err != nil {
			return err
		}
	}
	// Its secrets are files of their own with 0600; Postgres passes through as a user of its own.
	if err := os.MkdirAll(c.DataDir, 0o755); err != nil {
		return fmt.Errorf("app: data_dir: %w", err)
	}
	removeStale(c.DataDir)
	return a.openLive(c)
}

// bind takes both addresses. What connects before the host serves waits in the queue.
func (a *App) bind(ctx context.Context, c *config.Config) error {
	for _, l := range []struct {
		key, address string
		into         *net.Listener
	}{{"http.listen", c.HTTP.Listen, &a.public}, {"operator.listen", c.Operator.Listen, &a.operator}} {
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", l.address)
		if err != nil {
			return fmt.Errorf("%s: %w; set it to another address, or to port 0 for a free one", l.key, err)
		}
		*l.into = listener
		a.closing(l.key, func(context.Context) error {
			if err := listener.Close(); !errors.Is(err, net.ErrClosed) {
				return err
			}
			return nil
		})
	}
	return nil
}

func (a *App) openKeys(context.Context) (err error) {
	a.keys, err = openKeys(a.config.Current(), a.options.Development)
	return err
}

// openDatabase finds or starts Postgres and opens the pools. In development the schema is
// brought up by itself; in production a schema that lacks something is refused.
func (a *App) openDatabase(ctx context.Context) error {
	c := a.config.Current()
	url, server, err := startDatabase(ctx, c, a.log)
	if err != nil {
		return err
	}
	if a.postgres = server; server != nil {
		a.closing("postgres", server.Stop)
	}
	if a.options.Development {
		if _, err := store.Migrate(ctx, url, slog.New(slog.DiscardHandler)); err != nil {
			return err
		}
	}
	a.store, err = store.Open(ctx, store.Deps{
		Log: a.log, Tracer: a.telemetry.TracerProvider(), Meter: a.telemetry.MeterProvider(),
	}, store.Config{
		URL: url, HotPoolSize: c.Database.HotPoolSize, PoolSize: c.Database.PoolSize,
		StatementTimeout: c.Database.StatementTimeout, LockTimeout: c.Database.LockTimeout,
	})
	if err != nil {
		return err
	}
	a.closing("store", func(context.Context) error { a.store.Close(); return nil })
	pending, err := a.pendingMigrations(ctx)
	if err == nil && pending > 0 {
		return fmt.Errorf("the schema lacks %d migrations of this version; run: usher migrate", pending)
	}
	return err
}

// startPatience is for a database that is there and busy when the host starts.
const startPatience = 10 * time.Second

// pendingMigrations asks again when no answer comes in the short time that a request gives the
// database. One that refuses the connection, or the question, is not asked again.
func (a *App) pendingMigrations(ctx context.Context) (int, error) {
	for until := time.Now().Add(startPatience); ; {
		pending, err := a.store.Pending(ctx)
		if !errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil || time.Now().After(until) {
			return pending, err
		}
	}
}

// becomeReady says in ready.json what was bound, once the host answers for itself.
func (a *App) becomeReady(context.Context) error {
	a.Ready = Ready{HTTP: a.public.Addr().String(), Operator: a.operator.Addr().String(), PID: os.Getpid()}
	dir := a.config.Current().DataDir
	if err := writeReady(dir, a.Ready); err != nil {
		return err
	}
	a.closing("ready.json", func(context.Context) error { removeReady(dir); return nil })
	debug.FreeOSMemory() // compiling the plugins left many times their size as garbage
	a.log.Info("ready", "http", a.Ready.HTTP, "operator", a.Ready.Operator, "version", Version())
	return nil
}

// wait runs until ctx ends or the private database does, and reloads on SIGHUP.
func (a *App) wait(ctx context.Context) error {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	var lost <-chan struct{}
	if a.postgres != nil {
		lost = a.postgres.Done()
	}
	for {
		select {
		case <-ctx.Done():
			a.log.InfoContext(ctx, "stopping")
			return nil
		case <-lost:
			return errors.New("the private Postgres ended; its log lines say why")
		case <-hangup:
			_, _ = a.config.Reload(ctx) // it logs, counts and keeps the last good one by itself
		}
	}
}
