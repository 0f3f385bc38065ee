// Command usher is the identity platform: one binary that serves, migrates,
// checks its configuration, and for a laptop or a drill brings its own Postgres.
package main

import (
	"context"
	"embed"
	"os"
	"os/signal"
	"syscall"

	"github.com/usher-id/usher/core/cli"
)

// sdk is the source that plugins are built from: "usher plugin new" gives each project its own.
//
//go:embed hostapi/*.go hostapi/fixture/*.go sdk
var sdk embed.FS

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := cli.Run(ctx, sdk, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
