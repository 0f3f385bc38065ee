package web

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/usher-id/usher/core/web/edge"
	"github.com/usher-id/usher/core/web/page"
)

// Deps are the parts that the public listener needs; all but Health are required.
type Deps struct {
	edge.Deps
	Activation Activation
	Identity   Identity
	Mail       Mail
	Webhooks   Webhooks
	Streams    Streams
	Pages      *page.Page
	Health     Health
}

// Config says how the public listener behaves. The zero value works.
type Config struct {
	edge.Config
	// EventSource is the CloudEvents source of events, a URI reference; the
	// public URL of the installation is a good one. Default: "/".
	EventSource string
	// CheckTimeout is how long a health check may take. Default: 1 s.
	CheckTimeout time.Duration
}

// Server is the public listener.
type Server struct {
	activation Activation
	identity   Identity
	mail       Mail
	webhooks   Webhooks
	streams    Streams
	pages      *page.Page
	source     string
	edge       *edge.Edge
}

// New makes the public listener; [Server.Serve] opens it.
func New(d Deps, c Config) (*Server, error) {
	if d.Activation == nil || d.Identity == nil || d.Mail == nil || d.Webhooks == nil || d.Streams == nil || d.Pages == nil {
		return nil, errors.New("web: the use cases and the pages are required")
	}
	if c.EventSource == "" {
		c.EventSource = "/"
	}
	if c.CheckTimeout == 0 {
		c.CheckTimeout = time.Second
	}
	listener, err := edge.New(d.Deps, c.Config)
	if err != nil {
		return nil, err
	}
	s := &Server{
		activation: d.Activation, identity: d.Identity, mail: d.Mail, webhooks: d.Webhooks, streams: d.Streams, pages: d.Pages,
		source: c.EventSource, edge: listener,
	}
	operations := s.operations(d.Health, c.CheckTimeout)
	routes := make([]edge.Route, 0, len(operations))
	for _, o := range operations {
		routes = append(routes, s.route(o))
	}
	listener.Mount(routes)
	return s, nil
}

// Serve serves a bound listener until [Server.Shutdown], which closes it. It does not wait.
func (s *Server) Serve(listener net.Listener) { s.edge.Serve(listener) }

// Shutdown takes no more connections and waits for the requests under way, at
// most until ctx ends.
func (s *Server) Shutdown(ctx context.Context) error { return s.edge.Shutdown(ctx) }
