package app

import (
	"context"
	"sync"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/mail"
	"github.com/usher-id/usher/core/mail/sink"
	"github.com/usher-id/usher/core/mail/smtp"
)

// copies are where copies of mails go, for operators to read: the sink, which is started for the
// first of them where it is no provider.
type copies struct {
	app *App

	mu  sync.Mutex
	box *sink.Sink
	way *smtp.Provider
}

// openSink starts the sink, which also takes copies then.
func (a *App) openSink() (*sink.Sink, error) {
	a.copies.mu.Lock()
	defer a.copies.mu.Unlock()
	return a.copies.open()
}

// open gives the sink. The caller holds the lock.
func (c *copies) open() (*sink.Sink, error) {
	if c.box != nil {
		return c.box, nil
	}
	box, err := sink.Start(sink.Deps{Clock: core.SystemClock{}, Log: c.app.log}, sink.Config{})
	c.box = box
	return box, err
}

// provider is the way to the sink.
func (c *copies) provider() (mail.Provider, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.way != nil {
		return c.way, nil
	}
	box, err := c.open()
	if err != nil {
		return nil, err
	}
	host, port := box.Addr()
	way, err := smtp.New(smtp.Deps{Log: c.app.log, Tracer: c.app.telemetry.Tracer()}, smtp.Config{Name: "copies", Host: host, Port: port, TLS: smtp.Off, Connections: 1})
	if err != nil {
		return nil, err
	}
	c.way = way
	return way, nil
}

// List implements operator.Sink.
func (c *copies) List(to string, limit int) []sink.Mail {
	c.mu.Lock()
	box := c.box
	c.mu.Unlock()
	if box == nil {
		return []sink.Mail{}
	}
	return box.List(to, limit)
}

// Clear implements operator.Sink.
func (c *copies) Clear() {
	c.mu.Lock()
	box := c.box
	c.mu.Unlock()
	if box != nil {
		box.Clear()
	}
}

// close ends what was started.
func (c *copies) close(context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.way != nil {
		c.way.Close()
	}
	if c.box != nil {
		return c.box.Close()
	}
	return nil
}
