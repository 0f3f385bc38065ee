package smtp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/mail"
	"github.com/usher-id/usher/core/mail/dkim"
	"github.com/usher-id/usher/core/signal"
)

// TLS says how a connection is encrypted.
type TLS string

// The values of mail.smtp.tls. There is no opportunistic mode: it gives way to whoever
// strips STARTTLS.
const (
	StartTLS TLS = "required" // or nothing (RFC 3207)
	Implicit TLS = "implicit" // from the first byte (RFC 8314)
	Off      TLS = "off"      // to a loopback address only
)

// Deps are the parts that a provider needs; all are required.
type Deps struct {
	Log    *slog.Logger
	Tracer trace.Tracer
}

// Config says where the server is. Host is required; zero in any other field
// means what stands beside it.
type Config struct {
	Name        string         // "smtp"
	Host        string         // also the name that its certificate must be for
	Port        int            // 587, or 465 for Implicit
	TLS         TLS            // StartTLS
	Username    string         // no AUTH
	Password    core.Secret    //
	HELO        string         // "localhost"; the domain of the sender is better
	RootCAs     *x509.CertPool // those of the system
	DKIM        *dkim.Signer   // signs nothing
	Connections int            // open at once; 8
	Idle        time.Duration  // after which an unused connection is closed; 30 s
	Timeout     time.Duration  // of dialling, and of one mail; 30 s
}

// Provider sends through one server. It is safe for concurrent use.
type Provider struct {
	config Config
	pool   *pool
	log    *slog.Logger
	tracer trace.Tracer
}

// New checks the config. It does not connect; the first mail does.
func New(d Deps, c Config) (*Provider, error) {
	if d.Log == nil || d.Tracer == nil {
		return nil, errors.New("smtp: Log and Tracer are required")
	}
	c = c.withDefaults()
	if err := c.check(); err != nil {
		return nil, err
	}
	return &Provider{config: c, pool: newPool(c), log: d.Log, tracer: d.Tracer}, nil
}

func (c Config) withDefaults() Config {
	if c.Name == "" {
		c.Name = "smtp"
	}
	if c.TLS == "" {
		c.TLS = StartTLS
	}
	if c.Port == 0 {
		c.Port = 587
		if c.TLS == Implicit {
			c.Port = 465
		}
	}
	if c.HELO == "" {
		c.HELO = "localhost"
	}
	if c.Connections == 0 {
		c.Connections = 8
	}
	if c.Idle == 0 {
		c.Idle = 30 * time.Second
	}
	if c.Timeout == 0 {
		c.Timeout = 30 * time.Second
	}
	return c
}

func (c Config) check() error {
	switch {
	case c.Host == "":
		return errors.New("smtp: mail.smtp.host is required")
	case c.Port < 1 || c.Port > 65535:
		return fmt.Errorf("smtp: mail.smtp.port is %d; it must be between 1 and 65535", c.Port)
	case c.TLS != StartTLS && c.TLS != Implicit && c.TLS != Off:
		return fmt.Errorf("smtp: mail.smtp.tls is %q; it must be required, implicit or off", string(c.TLS))
	case c.TLS == Off && !loopback(c.Host):
		return errors.New("smtp: mail.smtp.tls may be off for a loopback address only")
	case (c.Username == "") != c.Password.IsZero():
		return errors.New("smtp: mail.smtp.username and mail.smtp.password belong together")
	}
	return nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (c Config) tls() *tls.Config {
	return &tls.Config{ServerName: c.Host, RootCAs: c.RootCAs, MinVersion: tls.VersionTLS12}
}

// Name implements mail.Provider.
func (p *Provider) Name() string { return p.config.Name }

// Send implements mail.Provider. It waits for a free connection for as long as the
// context lasts.
func (p *Provider) Send(ctx context.Context, m *mail.Message) error {
	ctx, span := p.tracer.Start(ctx, signal.SpanSMTP, trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(signal.AttrProvider.String(p.config.Name)))
	defer span.End()
	if failure := p.send(ctx, m); failure != nil {
		span.SetAttributes(signal.AttrErrorType.String(failure.Reason()))
		span.SetStatus(codes.Error, "")
		return failure
	}
	return nil
}

func (p *Provider) send(ctx context.Context, m *mail.Message) *mail.Failure {
	c, failure := p.pool.get(ctx)
	if failure != nil {
		return failure
	}
	reused := c.used
	failure = c.send(ctx, m)
	p.pool.put(c)
	if failure == nil || !reused || !c.stale || ctx.Err() != nil {
		return failure
	}
	// The server closed the connection while it was idle: that is nobody's failure.
	if c, failure = p.pool.fresh(ctx); failure != nil {
		return failure
	}
	failure = c.send(ctx, m)
	p.pool.put(c)
	return failure
}

// Close closes the idle connections, and those in use when their mail is done.
func (p *Provider) Close() { p.pool.close() }
