package cli

import (
	"github.com/spf13/cobra"

	"github.com/usher-id/usher/config"
	"github.com/usher-id/usher/core/app"
)

func newDev() *cobra.Command {
	return configured(&cobra.Command{
		Use:   "dev",
		Short: "Start everything on this machine, for development or a drill",
		Long: `Starts a private Postgres on a socket (unless database.url is set), migrates it, and starts the
host with the mail sink as its provider and the bundled plugins that need no grant. Everything is kept in data_dir and
found again at the next start; nothing is ever wiped. Only the mails in the sink are in memory.

Addresses are printed and written to ready.json in data_dir, which is there while the host is ready.`,
		Example: `  usher dev
  usher dev --http.listen 127.0.0.1:0 --operator.listen 127.0.0.1:0
  USHER_DATABASE_URL=postgres://localhost/usher usher dev`,
	}, func(cmd *cobra.Command, s config.Sources) error {
		s.Dev = true
		return app.Run(cmd.Context(), app.Options{Sources: s, Development: true, Out: cmd.OutOrStdout(), Err: cmd.ErrOrStderr()})
	})
}

func newServe() *cobra.Command {
	return configured(&cobra.Command{
		Use:   "serve",
		Short: "Start the host, for production",
		Long: `Starts the host on the database that database.url names. It refuses to start without database.url,
public_url and secrets.keys, and on a schema that "usher migrate" has not brought up to date.

SIGTERM stops taking requests, answers those under way, and ends within http.shutdown_timeout.
SIGHUP reloads the configuration, whole or not at all.`,
		Example: `  usher serve --config /etc/usher/usher.yaml`,
	}, func(cmd *cobra.Command, s config.Sources) error {
		return app.Run(cmd.Context(), app.Options{Sources: s, Out: cmd.OutOrStdout(), Err: cmd.ErrOrStderr()})
	})
}
