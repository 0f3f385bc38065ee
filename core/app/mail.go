package app

import (
	"context"
	"fmt"
	"slices"

	"github.com/usher-id/usher/config"
	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/hook"
	"github.com/usher-id/usher/core/job"
	"github.com/usher-id/usher/core/mail"
	"github.com/usher-id/usher/core/mail/sink"
	"github.com/usher-id/usher/core/mail/smtp"
	"github.com/usher-id/usher/hostapi"
)

// openMail makes the providers, the sender with its workers, and what takes the callbacks
// of providers.
func (a *App) openMail(ctx context.Context, hooks *hook.Hooks) (*job.Client, *mail.Feedback, error) {
	c := a.config.Current()
	var providers []mail.Provider
	for _, w := range c.Mail.Ways() {
		provider, err := a.mailProvider(c, w, hooks)
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
	a.sender, err = mail.New(mail.Deps{
		Store: a.store, Linker: a.keys, Renderer: hooks, Router: hooks, Providers: providers, Branding: a.branding,
		Log: a.log, Tracer: a.telemetry.Tracer(), Signals: a.signals,
	}, mail.Config{From: c.Mail.From.String(), PublicURL: c.PublicURL, LinkURL: c.LinkURL})
	if err != nil {
		return nil, nil, err
	}
	jobs, err := a.openJobs(ctx, c)
	return jobs, feedback, err
}

// branding is the installation's, of now.
func (a *App) branding() core.Branding {
	return core.Branding(a.config.Current().Branding)
}

func (a *App) openJobs(ctx context.Context, c *config.Config) (*job.Client, error) {
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

// mailProvider makes one: an SMTP server, the sink, which is one too, or a plugin.
func (a *App) mailProvider(c *config.Config, w config.MailWay, hooks *hook.Hooks) (mail.Provider, error) {
	if w.Kind == config.MailPlugin {
		if !a.serves(w.Plugin, hostapi.HookMessageSend) {
			return nil, fmt.Errorf("mail.providers: %s: the plugin %s does not serve %s", w.Name, w.Plugin, hostapi.HookMessageSend)
		}
		return mail.NewAdapted(hooks, mail.AdaptedConfig{Name: w.Name, Plugin: w.Plugin, AtOnce: c.Plugins.MaxInstances})
	}
	settings := smtp.Config{
		Name: w.Name, Host: w.SMTP.Host, Port: w.SMTP.Port, TLS: smtp.TLS(w.SMTP.TLS),
		Username: w.SMTP.Username, Password: w.SMTP.Password, HELO: hostName(c.PublicURL),
		Connections: w.SMTP.Connections, Timeout: w.SMTP.Timeout,
	}
	if w.Kind == config.MailSink {
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

// serves tells whether a loaded plugin serves a hook.
func (a *App) serves(plugin string, h hostapi.Hook) bool {
	for _, s := range a.engine.Status() {
		if s.Name == plugin {
			return slices.Contains(s.Hooks, h)
		}
	}
	return false
}
