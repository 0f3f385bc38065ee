package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/usher-id/usher/config"
)

func newConfig() *cobra.Command {
	group := &cobra.Command{
		Use:   "config",
		Short: "Check and show the configuration",
		Long: `The configuration is read from defaults, the file (--config or USHER_CONFIG), the environment (USHER_...)
and the flags, the later ones winning. These commands read it as "usher serve" would.`,
		Args: onlyCommands,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	group.AddCommand(newConfigCheck(), newConfigShow())
	return group
}

func newConfigCheck() *cobra.Command {
	return configured(&cobra.Command{
		Use:   "check",
		Short: "Say everything that is wrong, without starting anything",
		Long: `Reads the configuration as "usher serve" would and lists every problem at once: unknown keys with the
nearest known one, values out of bounds, and what production needs and is missing. Exit code 1 if there is any.`,
		Example: `  usher config check --config usher.yaml`,
	}, func(cmd *cobra.Command, s config.Sources) error {
		if _, err := config.Check(s); err != nil {
			return err
		}
		_, err := fmt.Fprintln(cmd.OutOrStdout(), "The configuration is good.")
		return err
	})
}

func newConfigShow() *cobra.Command {
	return configured(&cobra.Command{
		Use:     "show",
		Short:   "Show every setting in force and where it came from",
		Long:    `Prints the configuration as YAML, each value with its origin. Secrets are redacted.`,
		Example: `  usher config show --config usher.yaml | grep '# env'`,
	}, func(cmd *cobra.Command, s config.Sources) error {
		c, err := config.Load(s)
		if err != nil {
			return err
		}
		text, err := c.Effective()
		if err != nil {
			return err
		}
		_, err = cmd.OutOrStdout().Write(text)
		return err
	})
}
