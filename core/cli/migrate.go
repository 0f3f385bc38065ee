package cli

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/usher-id/usher/config"
	"github.com/usher-id/usher/core/store"
)

func newMigrate() *cobra.Command {
	return configured(&cobra.Command{
		Use:   "migrate",
		Short: "Bring the database's schema up to this version",
		Long: `Applies the migrations that the database at database.url lacks. Migrations only add, so the version
before this one keeps running on the new schema. Several may run this at once: one applies, the others wait.`,
		Example: `  USHER_DATABASE_URL=postgres://usher@db.example.com/usher?sslmode=verify-full usher migrate`,
	}, func(cmd *cobra.Command, s config.Sources) error {
		c, err := config.Load(s)
		if err != nil {
			return err
		}
		if c.Database.URL.IsZero() {
			return errors.New(`database.url is not set; set USHER_DATABASE_URL ("usher dev" migrates its own database by itself)`)
		}
		applied, err := store.Migrate(cmd.Context(), c.Database.URL, slog.New(slog.DiscardHandler))
		if err != nil {
			return err
		}
		if applied == 0 {
			_, err = fmt.Fprintln(cmd.OutOrStdout(), "The schema was up to date.")
		} else {
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "Applied %d migrations.\n", applied)
		}
		return err
	})
}
