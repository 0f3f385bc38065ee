package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/usher-id/usher/tests/load/floor"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

// floorCommand makes this program the floor's server.
const floorCommand = "serve-floor"

func run(ctx context.Context, args []string) int {
	if len(args) == 2 && args[0] == floorCommand {
		return serveFloor(ctx, args[1])
	}
	o, err := parse(args, os.Stderr)
	if err != nil {
		return 2
	}
	debug.SetGCPercent(400) // the load shares the processors: it may use memory instead
	r, err := bench(ctx, o, func(format string, values ...any) { _, _ = fmt.Fprintf(os.Stderr, format+"\n", values...) })
	if err != nil {
		_, _ = fmt.Fprintf(os.Stderr, "load: %v\n", err)
		return 1
	}
	r.Markdown(os.Stdout)
	name, err := r.Write(o.out)
	if err != nil {
		_, _ = fmt.Fprintf(os.Stderr, "load: %v\n", err)
		return 1
	}
	_, _ = fmt.Fprintf(os.Stderr, "written: %s\n", name)
	if missed := r.Missed(); o.check && missed > 0 {
		_, _ = fmt.Fprintf(os.Stderr, "load: %d targets missed\n", missed)
		return 1
	}
	return 0
}

// serveFloor serves until standard input ends, which it does with the parent.
func serveFloor(ctx context.Context, url string) int {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	if err := floor.Serve(ctx, floor.Config{URL: url, Connections: floorConnections}, os.Stdout); err != nil {
		_, _ = fmt.Fprintf(os.Stderr, "%v\n", err)
		return 1
	}
	return 0
}

// floorConnections is as many as the host's pool for these steps has by default.
const floorConnections = 8
