// Command usher is the identity platform: one binary that serves, migrates,
// checks its configuration, and for a laptop or a drill brings its own Postgres.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/usher-id/usher/core/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := cli.Run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
