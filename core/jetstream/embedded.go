package jetstream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// Embedded is a NATS server within this process. It has no port: only this process reaches it.
type Embedded struct{ server *server.Server }

// startTimeout is how long it may take to read what a directory has.
const startTimeout = 10 * time.Second

// StartEmbedded starts a server that keeps its streams in a directory.
func StartEmbedded(dir string) (*Embedded, error) {
	s, err := server.NewServer(&server.Options{ServerName: "usher", DontListen: true, JetStream: true, StoreDir: dir, NoLog: true, NoSigs: true})
	if err != nil {
		return nil, fmt.Errorf("jetstream: embedded server in %s: %w", dir, err)
	}
	s.Start()
	if !s.ReadyForConnections(startTimeout) {
		s.Shutdown()
		return nil, fmt.Errorf("jetstream: the embedded server in %s does not start; is another host using the directory?", dir)
	}
	return &Embedded{s}, nil
}

// Server is for who connects to it.
func (e *Embedded) Server() *server.Server { return e.server }

// Stop ends it, at the latest with the context.
func (e *Embedded) Stop(ctx context.Context) error {
	e.server.Shutdown()
	done := make(chan struct{})
	go func() {
		e.server.WaitForShutdown()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return errors.New("jetstream: the embedded server did not end in time")
	}
}
