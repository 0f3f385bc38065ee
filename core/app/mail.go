package app

import (
	"context"
	"crypto/x509"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/usher-id/usher/config"
	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/hook"
	"github.com/usher-id/usher/core/job"
	"github.com/usher-id/usher/core/mail"
	"github.com/usher-id/usher/core/mail/desk"
	"github.com/usher-id/usher/core/mail/dkim"
	"github.com/usher-id/usher/core/mail/smtp"
	"github.com/usher-id/usher/hostapi"
)

// openMail makes the providers, the sender with its workers, and what takes the callbacks
// of providers.
func (a *App) openMail(ctx context.Context, hooks *hook.Hooks) (*job.Client, *mail.Feedback, error) {
	c := a.config.Current()
	a.copies.app = a
	a.closing("mail sink", a.copies.close)
	signer, err := openDKIM(c.Mail.DKIM)
	if err != nil {
		return nil, nil, err
	}
	var providers []mail.Provider
	for _, w := range c.Mail.Ways() {
		provider, err := a.mailProvider(c, w, hooks, signer)
		if err != nil {
			return nil, nil, err
		}
		providers = append(providers, provider)
	}
	feedback, err := mail.NewFeedback(mail.FeedbackDeps{
		Reader: hooks, Store: a.store, Log: a.log, Tracer: a.telemetry.Tracer(), Signals: a.signals,
	}, providers)
	if err != nil {
		return nil, nil, err
	}
	path, err := a.openBounces(c.Mail.Bounce)
	if err != nil {
		return nil, nil, err
	}
	a.sender, err = mail.New(mail.Deps{
		Store: a.store, Linker: a.keys, Renderer: hooks, Router: hooks, Providers: providers, Branding: a.branding,
		Plan: a.mailPlan, ReturnPath: path,
		Pacer: a.store, Pace: func(domain string) time.Duration { return a.config.Current().Mail.Every(domain) },
		Log: a.log, Tracer: a.telemetry.Tracer(), Signals: a.signals,
	}, mail.Config{From: c.Mail.From.String(), PublicURL: c.PublicURL, LinkURL: c.LinkURL, Dedicated: dedicated(c.Mail.Ways())})
	if err != nil {
		return nil, nil, err
	}
	a.followTenantMail(ctx)
	jobs, err := a.openJobs(c)
	if err != nil {
		return nil, nil, err
	}
	a.desk, err = desk.New(desk.Deps{Store: a.store, Sender: a.sender, Queue: jobs, Sink: a.copies.provider, Log: a.log},
		desk.Config{Lasts: attemptLasts(c) + attemptLasts(c)/6})
	return jobs, feedback, err
}

// branding is the installation's, of now.
func (a *App) branding() core.Branding {
	return core.Branding(a.config.Current().Branding)
}

// attemptLasts is how long one attempt at a mail may last.
func attemptLasts(c *config.Config) time.Duration { return min(c.Mail.RescueAfter/3, time.Minute) }

// mailsEach is how many mails under way keep one connection of a provider busy: a mail needs it
// for a part of its time only.
const mailsEach = 8

// mailWorkers is the most mails under way that the providers can do something with.
func mailWorkers(c *config.Config) int {
	connections := 0
	for _, w := range c.Mail.Ways() {
		switch w.Kind {
		case config.MailSMTP:
			connections += w.SMTP.Connections
		case config.MailPlugin:
			connections += c.Plugins.MaxInstances
		default:
			return c.Mail.Workers
		}
	}
	return min(c.Mail.Workers, mailsEach*connections)
}

// openJobs makes the workers; they start when everything is there that they call.
func (a *App) openJobs(c *config.Config) (*job.Client, error) {
	return job.New(job.Deps{
		Pool: a.store.JobPool(), Mailer: a.sender, Lists: lists{a}, Log: a.log, Tracer: a.telemetry.Tracer(), Signals: a.signals,
	}, job.Config{
		Workers: mailWorkers(c), MinWorkers: c.Mail.MinWorkers, Timeout: attemptLasts(c), RescueAfter: c.Mail.RescueAfter,
	})
}

func (a *App) startJobs(ctx context.Context, jobs *job.Client) error {
	if err := jobs.Start(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	a.closing("jobs", func(ctx context.Context) error {
		a.sender.Drain()
		return jobs.Stop(ctx)
	})
	return nil
}

// lists hands the lists of invitations to the pipeline, which is made after the workers: it
// wakes them.
type lists struct{ app *App }

func (l lists) WorkBulk(ctx context.Context, at core.BulkAttempt, until time.Time) (bool, error) {
	return l.app.pipeline.WorkBulk(ctx, at, until)
}

// openDKIM reads the keys that sign mails.
func openDKIM(list []config.DKIMKey) (*dkim.Signer, error) {
	keys := make([]*dkim.Key, len(list))
	for i, k := range list {
		var err error
		if keys[i], err = dkim.Read(dkim.Config{Domain: k.Domain, Selector: k.Selector, File: k.KeyFile, Headers: k.Headers}); err != nil {
			return nil, fmt.Errorf("mail.dkim: item %d: %w", i+1, err)
		}
	}
	return dkim.NewSigner(keys), nil
}

// mailProvider makes one: an SMTP server, the sink, which is one too, or a plugin.
func (a *App) mailProvider(c *config.Config, w config.MailWay, hooks *hook.Hooks, signer *dkim.Signer) (mail.Provider, error) {
	if w.Kind == config.MailPlugin {
		if !a.serves(w.Plugin, hostapi.HookMessageSend) {
			return nil, fmt.Errorf("mail.providers: %s: the plugin %s does not serve %s", w.Name, w.Plugin, hostapi.HookMessageSend)
		}
		return mail.NewAdapted(hooks, mail.AdaptedConfig{Name: w.Name, Plugin: w.Plugin, AtOnce: c.Plugins.MaxInstances})
	}
	settings := smtp.Config{
		Name: w.Name, Host: w.SMTP.Host, Port: w.SMTP.Port, TLS: smtp.TLS(w.SMTP.TLS),
		Username: w.SMTP.Username, Password: w.SMTP.Password, HELO: hostName(c.PublicURL),
		Connections: w.SMTP.Connections, Timeout: w.SMTP.Timeout, DKIM: signer,
	}
	if w.SMTP.CAFile != "" {
		var err error
		if settings.RootCAs, err = authorities(w.SMTP.CAFile); err != nil {
			return nil, fmt.Errorf("the mail server's ca_file: %w", err)
		}
	}
	if w.Kind == config.MailSink {
		box, err := a.openSink()
		if err != nil {
			return nil, err
		}
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

// authorities reads a file of certificates.
func authorities(path string) (*x509.CertPool, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err // it names the file
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s holds no certificate as PEM (BEGIN CERTIFICATE)", path)
	}
	return pool, nil
}

// serves tells whether a loaded plugin serves a hook.
func (a *App) serves(plugin string, h hostapi.Hook) bool {
	for _, s := range a.engine.Status() {
		if s.Name == plugin {
			return slices.Contains(s.Hooks, h)
		}
	}
	return false
}
