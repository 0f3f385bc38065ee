package sink

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"github.com/usher-id/usher/core"
)

const (
	maxMessage    = 1 << 20
	maxRecipients = 50
	patience      = 5 * time.Minute // for the next command (RFC 5321 §4.5.3.2)
)

// Deps are the parts that a sink needs; all are required.
type Deps struct {
	Clock core.Clock
	Log   *slog.Logger
}

// Config bounds what is kept. Zero means the default beside it.
type Config struct {
	Keep      int   // mails; 1000
	KeepBytes int64 // of all mails together; 32 MiB
}

// Sink is a running mail server and what it was given. It is safe for concurrent use.
type Sink struct {
	ring     *ring
	server   *gosmtp.Server
	listener net.Listener
	done     chan struct{} // closed when the server has ended
}

// Start listens on a free loopback port and serves until Close.
func Start(d Deps, c Config) (*Sink, error) {
	if d.Clock == nil || d.Log == nil {
		return nil, errors.New("sink: Clock and Log are required")
	}
	if c.Keep == 0 {
		c.Keep = 1000
	}
	if c.KeepBytes == 0 {
		c.KeepBytes = 32 << 20
	}
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("sink: listen: %w", err)
	}
	s := &Sink{ring: newRing(c), listener: listener, done: make(chan struct{})}
	s.server = gosmtp.NewServer(gosmtp.BackendFunc(func(*gosmtp.Conn) (gosmtp.Session, error) {
		return &session{ring: s.ring, clock: d.Clock}, nil
	}))
	s.server.Domain = "localhost"
	s.server.MaxMessageBytes, s.server.MaxRecipients = maxMessage, maxRecipients
	s.server.ReadTimeout, s.server.WriteTimeout = patience, patience
	s.server.EnableSMTPUTF8 = true
	s.server.ErrorLog = slog.NewLogLogger(d.Log.Handler(), slog.LevelDebug)
	go func() {
		defer close(s.done)
		if err := s.server.Serve(listener); err != nil {
			d.Log.Error("the mail sink stopped", slog.Any("error", err))
		}
	}()
	return s, nil
}

// Addr is the host and port at which the sink listens.
func (s *Sink) Addr() (host string, port int) {
	a := s.listener.Addr().(*net.TCPAddr)
	return a.IP.String(), a.Port
}

// Close ends every connection and waits for the server to end. What was kept can
// still be read.
func (s *Sink) Close() error {
	err := s.server.Close()
	_ = s.listener.Close() // the library may not know it yet
	<-s.done
	if err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("sink: close: %w", err)
	}
	return nil
}

// session is one client's conversation; the library calls it from one goroutine.
type session struct {
	ring  *ring
	clock core.Clock
	from  string
	to    []string
	data  bytes.Buffer // of one mail after the other
}

// Mail implements the library's Session.
func (s *session) Mail(from string, _ *gosmtp.MailOptions) error {
	s.from = from
	return nil
}

// Rcpt implements the library's Session.
func (s *session) Rcpt(to string, _ *gosmtp.RcptOptions) error {
	s.to = append(s.to, to)
	return nil
}

// Data implements the library's Session.
func (s *session) Data(r io.Reader) error {
	s.data.Reset()
	if _, err := s.data.ReadFrom(r); err != nil {
		return err
	}
	raw, now := bytes.Clone(s.data.Bytes()), s.clock.Now()
	for _, to := range s.to {
		s.ring.put(entry{id: core.NewID(now), from: s.from, to: to, at: now, raw: raw})
	}
	return nil
}

// Reset implements the library's Session.
func (s *session) Reset() { s.from, s.to = "", nil }

// Logout implements the library's Session.
func (s *session) Logout() error { return nil }
