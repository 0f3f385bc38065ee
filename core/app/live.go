package app

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/usher-id/usher/config"
	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/activation"
	"github.com/usher-id/usher/core/identity"
	signals "github.com/usher-id/usher/core/signal"
	"github.com/usher-id/usher/core/telemetry"
)

// openLive makes the logger, starts telemetry, and puts the configuration in force.
func (a *App) openLive(c *config.Config) (err error) {
	a.level.Set(c.Log.Level)
	if a.log, err = telemetry.NewLogger(a.options.Err, telemetry.LogConfig{Format: telemetry.Format(c.Log.Format), Level: a.level}); err != nil {
		return err
	}
	// The instruments are known only when telemetry runs, and telemetry takes its settings from c.
	a.telemetry, err = startTelemetry(c, a.log)
	if err != nil {
		return err
	}
	a.closing("telemetry", a.telemetry.Shutdown)
	if a.signals, err = signals.New(a.telemetry.Meter()); err != nil {
		return err
	}
	live := config.LiveDeps{Log: a.log, Signals: a.signals, Clock: core.SystemClock{}}
	if !a.options.Development {
		live.Accept = config.ServeRequirements
	}
	a.config, err = config.NewLive(live, a.options.Sources, c)
	return err
}

// openBackground makes room for what runs until the host stops; the first is the watch
// over the configuration's file.
func (a *App) openBackground(ctx context.Context) error {
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	a.life = life
	a.closing("background", func(context.Context) error {
		end()
		a.background.Wait()
		return nil
	})
	a.config.Subscribe("log", func(_ context.Context, _, next *config.Config) (config.Prepared, error) {
		return config.Prepared{Commit: func() { a.level.Set(next.Log.Level) }}, nil
	})
	a.runs(a.life, func(ctx context.Context) {
		if err := a.config.Watch(ctx); err != nil {
			a.log.WarnContext(ctx, "the configuration's file is not watched; send SIGHUP after a change", "error", err)
		}
	})
	return nil
}

func startTelemetry(c *config.Config, log *slog.Logger) (*telemetry.Telemetry, error) {
	headers := map[string]core.Secret{}
	for _, h := range c.Telemetry.OTLPHeaders {
		headers[h.Name] = h.Value
	}
	t, err := telemetry.Start(context.Background(), telemetry.Deps{Log: log}, telemetry.Config{
		Service: c.Telemetry.ServiceName, Version: Version(),
		Endpoint: c.Telemetry.OTLPEndpoint, Protocol: telemetry.Protocol(c.Telemetry.OTLPProtocol), Headers: headers,
		SampleRatio: c.Telemetry.SampleRatio, MetricInterval: c.Telemetry.MetricInterval,
	})
	if err != nil {
		return nil, fmt.Errorf("app: telemetry: %w", err)
	}
	t.Install() // for the libraries that report to the process's own
	return t, nil
}

// activationPolicy is what the pipeline reads of the configuration at each call.
func (a *App) activationPolicy() activation.Policy {
	c := a.config.Current()
	return activation.Policy{
		SignupOpen:      c.Signup.Mode == config.SignupOpen,
		Password:        activation.PasswordMode(c.Activation.Password),
		PasswordMin:     c.Activation.PasswordMinLength,
		InvitationTTL:   c.Activation.TokenTTL,
		MaxInvitation:   c.Activation.MaxExpiresIn,
		VerificationTTL: c.Activation.VerificationTTL,
		SessionTTL:      c.Session.RefreshTTL,
		RedirectHosts:   c.Activation.RedirectHosts,
		Branding:        a.branding(),
	}
}

// identityPolicy is what identity reads of it.
func (a *App) identityPolicy() identity.Policy {
	c := a.config.Current()
	return identity.Policy{
		AccessTTL: c.Session.AccessTTL, SessionTTL: c.Session.RefreshTTL,
		NoPasswords: c.Activation.Password == config.PasswordOff, SignInTTL: c.Activation.SignInTTL, ResetTTL: c.Activation.ResetTTL,
		Providers: identityProviders(c.Identity.Providers),
	}
}

func identityProviders(list []config.IdentityProvider) (providers []identity.Provider) {
	for _, p := range list {
		providers = append(providers, identity.Provider(p))
	}
	return providers
}
