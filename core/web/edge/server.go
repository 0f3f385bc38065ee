package edge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"

	"github.com/gofiber/fiber/v2"
)

// maxHeader is the size in bytes that a request line and its headers may have together.
const maxHeader = 8 << 10

// newApp makes the Fiber application with no default left that would be unsafe
// on a public address.
func newApp(e *Edge) *fiber.App {
	app := fiber.New(fiber.Config{
		DisableStartupMessage:        true,
		StrictRouting:                true,
		CaseSensitive:                true,
		Immutable:                    true, // strings of a request outlive its buffer
		EnableTrustedProxyCheck:      true, // or else everyone is a trusted proxy
		DisablePreParseMultipartForm: true,
		StreamRequestBody:            false,
		BodyLimit:                    BodyPlain,
		ReadBufferSize:               maxHeader,
		Concurrency:                  e.config.MaxConnections,
		ReadTimeout:                  e.config.ReadTimeout,
		WriteTimeout:                 e.config.WriteTimeout,
		IdleTimeout:                  e.config.IdleTimeout,
		ErrorHandler:                 func(f *fiber.Ctx, err error) error { return e.refuse(f, err) },
	})
	server := app.Server()
	server.ErrorHandler = e.unreadable // Fiber's own compares texts
	server.HeaderReceived = e.patience
	server.CloseOnShutdown = true       // tell clients to reconnect elsewhere
	server.SecureErrorLogMessage = true // its errors quote the request otherwise
	server.NoDefaultContentType = true  // an answer without a body has no type
	server.NoDefaultServerHeader = true // do not say what answers
	return app
}

// Serve serves a bound listener until [Edge.Shutdown], which closes it. It does not
// wait.
func (e *Edge) Serve(listener net.Listener) {
	e.listener, e.served = listener, make(chan struct{})
	server := e.app.Server()
	server.Handler = e.serve(e.app.Handler())
	go func() {
		defer close(e.served)
		if err := server.Serve(listener); err != nil {
			e.log.Error("listener stopped", slog.String("address", listener.Addr().String()), slog.Any("error", err))
		}
	}()
}

// Shutdown takes no more connections, closes those that wait for a request, ends streams, and
// returns when the requests under way are answered or else with the error of ctx.
func (e *Edge) Shutdown(ctx context.Context) error {
	e.die()
	if e.listener == nil {
		return nil
	}
	err := e.app.Server().ShutdownWithContext(ctx)
	// A Serve that had not begun yet is not known to the server; closing twice does no harm.
	if closeErr := e.listener.Close(); closeErr != nil && !errors.Is(closeErr, net.ErrClosed) {
		err = errors.Join(err, closeErr)
	}
	if err != nil {
		return fmt.Errorf("shut down the listener: %w", err)
	}
	<-e.served
	return nil
}
