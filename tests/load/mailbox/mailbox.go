package mailbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

// Mail is what is remembered of the mails to one recipient.
type Mail struct {
	Token string    // of the link in the first one; "" when it had none
	At    time.Time // when the first one was complete
	Times int       // how many came
}

// Mailbox is a running server. It is safe for concurrent use.
type Mailbox struct {
	server   *smtp.Server
	listener net.Listener

	mu     sync.Mutex
	mails  map[string]Mail // by recipient
	wanted int             // recipients after which reached is closed
	done   chan struct{}
}

// Open starts the server on a free port of this machine.
func Open(ctx context.Context) (*Mailbox, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("mailbox: %w", err)
	}
	m := &Mailbox{listener: l, mails: map[string]Mail{}, done: make(chan struct{})}
	m.server = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{box: m}, nil }))
	m.server.Domain = "localhost"
	m.server.ErrorLog = silence{}
	go func() { _ = m.server.Serve(l) }() // ends with Close
	return m, nil
}

// silence swallows what the library says of connections that end: a lost mail shows in the count.
type silence struct{}

func (silence) Printf(string, ...any) {}
func (silence) Println(...any)        {}

// Close stops the server.
func (m *Mailbox) Close() error { return m.server.Close() }

// Port is where the server listens on 127.0.0.1.
func (m *Mailbox) Port() int { return m.listener.Addr().(*net.TCPAddr).Port }

// Mail gives what came for a recipient; ok is false when nothing did.
func (m *Mailbox) Mail(recipient string) (mail Mail, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	mail, ok = m.mails[recipient]
	return mail, ok
}

// Recipients is the number of those who got mail.
func (m *Mailbox) Recipients() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.mails)
}

// Doubled is the number of mails beyond each recipient's first.
func (m *Mailbox) Doubled() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for _, mail := range m.mails {
		n += mail.Times - 1
	}
	return n
}

// ErrMissing says that not every mail came in time.
var ErrMissing = errors.New("mailbox: mails are missing")

// Wait returns when that many recipients have got mail: [ErrMissing] after patience.
// One caller at a time may wait.
func (m *Mailbox) Wait(ctx context.Context, recipients int, patience time.Duration) error {
	m.mu.Lock()
	m.wanted, m.done = recipients, make(chan struct{})
	done := m.done
	if len(m.mails) >= recipients {
		close(done)
	}
	m.mu.Unlock()
	ctx, cancel := context.WithTimeoutCause(ctx, patience, ErrMissing)
	defer cancel()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// arrived keeps one mail.
func (m *Mailbox) arrived(recipient, token string, at time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	mail, known := m.mails[recipient]
	if !known {
		mail = Mail{Token: token, At: at}
	}
	mail.Times++
	m.mails[recipient] = mail
	if !known && len(m.mails) == m.wanted {
		close(m.done)
	}
}
