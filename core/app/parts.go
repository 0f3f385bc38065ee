package app

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/activation"
	"github.com/usher-id/usher/core/identity"
	"github.com/usher-id/usher/core/job"
	signals "github.com/usher-id/usher/core/signal"
	"github.com/usher-id/usher/core/visit"
)

// openParts makes what does the work: plugins and hooks, mail and its workers, identity,
// the pipeline, and the two listeners in front.
func (a *App) openParts(ctx context.Context) error {
	if err := a.openRegistry(); err != nil {
		return err
	}
	hooks, err := a.openPlugins()
	if err != nil {
		return err
	}
	if err := a.openReleases(ctx); err != nil {
		return err
	}
	if err := a.openShadows(); err != nil {
		return err
	}
	if err := a.openSamples(); err != nil {
		return err
	}
	jobs, feedback, err := a.openMail(ctx, hooks)
	if err != nil {
		return err
	}
	hasher, who, err := a.openIdentity(ctx, hooks, jobs)
	if err != nil {
		return err
	}
	visits, err := a.openVisits()
	if err != nil {
		return err
	}
	a.pipeline, err = activation.New(activation.Deps{
		Store: a.store, Hooks: hooks, Keys: a.keys, Passwords: hasher, Sessions: who, Mail: jobs, Visits: visits, Clock: core.SystemClock{},
		Log: a.log, Tracer: a.telemetry.Tracer(), Signals: a.signals, Policy: a.activationPolicy,
	})
	if err != nil {
		return err
	}
	if err := a.startJobs(ctx, jobs); err != nil {
		return err
	}
	if err := a.watchPools(); err != nil {
		return err
	}
	if err := a.openEvents(hooks); err != nil {
		return err
	}
	a.purge()
	return a.serve(a.pipeline, who, feedback)
}

// openVisits makes the book of who looked at links, whose last notes are kept when the host stops.
func (a *App) openVisits() (*visit.Book, error) {
	book, err := visit.New(visit.Deps{Store: a.store, Log: a.log}, visit.Config{})
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(a.life)
	done := make(chan struct{})
	go func() {
		defer close(done)
		book.Run(ctx)
	}()
	a.closing("visits of links", func(ctx context.Context) error {
		stop()
		select {
		case <-done:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	return book, nil
}

// hostName is the name in the public URL.
func hostName(publicURL string) string {
	u, err := url.Parse(publicURL)
	if err != nil {
		return "localhost"
	}
	return u.Hostname()
}

func (a *App) openIdentity(ctx context.Context, hooks identity.Hooks, jobs *job.Client) (*identity.Hasher, *identity.Service, error) {
	c := a.config.Current()
	hasher, err := identity.NewHasher(
		identity.HasherDeps{Log: a.log, Tracer: a.telemetry.Tracer(), Signals: a.signals},
		identity.HasherConfig{
			MemoryKiB: uint32(c.Hashing.MemoryKiB), Time: uint32(c.Hashing.Time), Threads: uint8(c.Hashing.Parallelism), //nolint:gosec // the configuration bounds all three
			Concurrency: c.Hashing.Concurrency, QueueTimeout: c.Hashing.QueueTimeout,
		})
	if err != nil {
		return nil, nil, err
	}
	who, err := identity.New(identity.Deps{
		Store: a.store, Hooks: hooks, Keys: a.keys, Hasher: hasher, Mail: jobs, Clock: core.SystemClock{},
		Log: a.log, Tracer: a.telemetry.Tracer(), Signals: a.signals, Policy: a.identityPolicy,
	}, identity.Config{Issuer: c.Session.Issuer, Audience: c.Session.Audience})
	if err != nil {
		return nil, nil, err
	}
	if err := who.Start(ctx); err != nil {
		return nil, nil, err
	}
	a.identity = who
	a.runs(a.life, who.Run)
	return hasher, who, nil
}

func (a *App) watchPools() error {
	var stops []func() error
	a.closing("pool metrics", func(context.Context) error {
		var all error
		for _, stop := range stops {
			all = errors.Join(all, stop())
		}
		return all
	})
	for name, read := range a.store.Pools() {
		stop, err := a.signals.WatchPool(name, func() signals.PoolState {
			s := read()
			return signals.PoolState{
				Used: int64(s.AcquiredConns()), Idle: int64(s.IdleConns()), Max: int64(s.MaxConns()),
				Acquires: s.AcquireCount(), Wait: s.AcquireDuration(),
			}
		})
		if err != nil {
			return fmt.Errorf("app: %w", err)
		}
		stops = append(stops, stop)
	}
	return nil
}

// purgeEvery is how often what has had its time is deleted.
const purgeEvery = time.Hour

// purge deletes what has had its time. Nothing waits for it and nothing relies on it.
func (a *App) purge() {
	a.runs(a.life, func(ctx context.Context) {
		tick := time.NewTicker(purgeEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				a.purgeOnce(ctx, "idempotency_purge", a.store.PurgeIdempotencyKeys)
				a.purgeOnce(ctx, "bulk_purge", a.store.PurgeBulks)
				a.purgeOnce(ctx, "webhook_deliveries_purge", a.store.PurgeWebhookAttempts)
				a.purgeOnce(ctx, "plugin_kv_purge", a.store.PurgePluginEntries)
				a.purgeOnce(ctx, "plugin_tallies_purge", a.store.PurgePluginTallies)
				a.purgeOnce(ctx, "plugin_sample_purge", a.store.PurgePluginSamples)
				a.purgeOnce(ctx, "plugin_shadow_purge", a.store.PurgeShadows)
				a.purgeOnce(ctx, "mail_pace_purge", a.store.PurgePaces)
			}
		}
	})
}

func (a *App) purgeOnce(ctx context.Context, job string, delete func(context.Context) (int64, error)) {
	start := time.Now()
	result := signals.OK
	n, err := delete(ctx)
	if err != nil {
		result = signals.Failed
		a.log.WarnContext(ctx, "not purged", "job", job, "error", err)
	} else {
		a.log.InfoContext(ctx, "purged", "job", job, "rows", n)
	}
	a.signals.JobDone(ctx, job, time.Since(start), result, time.Now())
}
