package app

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/usher-id/usher/config"
	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/activation"
	"github.com/usher-id/usher/core/identity"
	"github.com/usher-id/usher/core/job"
	"github.com/usher-id/usher/core/mail"
	"github.com/usher-id/usher/core/mail/sink"
	"github.com/usher-id/usher/core/mail/smtp"
	signals "github.com/usher-id/usher/core/signal"
)

// openParts makes what does the work: plugins and hooks, mail and its workers, identity,
// the pipeline, and the two listeners in front.
func (a *App) openParts(ctx context.Context) error {
	hooks, err := a.openPlugins()
	if err != nil {
		return err
	}
	jobs, err := a.openMail(ctx, hooks)
	if err != nil {
		return err
	}
	hasher, who, err := a.openIdentity(ctx, hooks, jobs)
	if err != nil {
		return err
	}
	pipeline, err := activation.New(activation.Deps{
		Store: a.store, Hooks: hooks, Keys: a.keys, Passwords: hasher, Sessions: who, Mail: jobs, Clock: core.SystemClock{},
		Log: a.log, Tracer: a.telemetry.Tracer(), Signals: a.signals, Policy: a.activationPolicy,
	})
	if err != nil {
		return err
	}
	if err := a.watchPools(); err != nil {
		return err
	}
	if err := a.openRelay(hooks); err != nil {
		return err
	}
	a.purge()
	return a.serve(pipeline, who)
}

// openMail makes the provider, the sender and the workers.
func (a *App) openMail(ctx context.Context, renderer mail.Renderer) (*job.Client, error) {
	c := a.config.Current()
	provider, err := a.mailProvider(c)
	if err != nil {
		return nil, err
	}
	a.sender, err = mail.New(mail.Deps{
		Store: a.store, Linker: a.keys, Renderer: renderer, Provider: provider,
		Log: a.log, Tracer: a.telemetry.Tracer(), Signals: a.signals,
	}, mail.Config{From: c.Mail.From.String(), PublicURL: c.PublicURL})
	if err != nil {
		return nil, err
	}
	jobs, err := job.New(job.Deps{
		Pool: a.store.JobPool(), Mailer: a.sender, Log: a.log, Tracer: a.telemetry.Tracer(), Signals: a.signals,
	}, job.Config{Workers: c.Mail.Workers})
	if err != nil {
		return nil, err
	}
	if err := jobs.Start(context.WithoutCancel(ctx)); err != nil {
		return nil, err
	}
	a.closing("jobs", func(ctx context.Context) error {
		a.sender.Drain()
		return jobs.Stop(ctx)
	})
	return jobs, nil
}

// mailProvider is an SMTP server: the operator's, or the sink, which is one too.
func (a *App) mailProvider(c *config.Config) (*smtp.Provider, error) {
	settings := smtp.Config{
		Name: string(c.Mail.Provider), Host: c.Mail.SMTP.Host, Port: c.Mail.SMTP.Port, TLS: smtp.TLS(c.Mail.SMTP.TLS),
		Username: c.Mail.SMTP.Username, Password: c.Mail.SMTP.Password, HELO: hostName(c.PublicURL),
		Connections: c.Mail.SMTP.Connections, Timeout: c.Mail.SMTP.Timeout,
	}
	if c.Mail.Provider == config.MailSink {
		box, err := sink.Start(sink.Deps{Clock: core.SystemClock{}, Log: a.log}, sink.Config{})
		if err != nil {
			return nil, err
		}
		a.sink = box
		a.closing("mail sink", func(context.Context) error { return box.Close() })
		settings.Host, settings.Port = box.Addr()
		settings.TLS, settings.Username, settings.Password = smtp.Off, "", ""
	}
	provider, err := smtp.New(smtp.Deps{Log: a.log, Tracer: a.telemetry.Tracer()}, settings)
	if err != nil {
		return nil, err
	}
	a.closing("smtp", func(context.Context) error { provider.Close(); return nil })
	return provider, nil
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
				a.purgeOnce(ctx, "plugin_kv_purge", a.store.PurgePluginEntries)
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
