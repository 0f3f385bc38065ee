package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/usher-id/usher/config"
	"github.com/usher-id/usher/core/app"
)

// Exit codes of the command.
const (
	exitOK    = 0
	exitFault = 1 // the command could not do it
	exitUsage = 2 // the command line is not one
)

// usageError is a command line that is not one.
type usageError struct{ error }

// Run runs one command line and gives its exit code. It ends soon after ctx does. The SDKs that new plugins are
// given are in the folders hostapi and sdk of sdk.
func Run(ctx context.Context, sdk fs.FS, args []string, stdout, stderr io.Writer) int {
	root := newRoot(sdk)
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	_, _ = fmt.Fprintf(stderr, "usher: %v\n", err)
	if _, usage := errors.AsType[usageError](err); usage {
		_, _ = fmt.Fprintln(stderr, "Run usher --help to see what there is.")
		return exitUsage
	}
	return exitFault
}

func newRoot(sdk fs.FS) *cobra.Command {
	root := &cobra.Command{
		Use:   "usher",
		Short: "An identity platform whose core is activation",
		Long: `Usher takes a visitor from signup to an active account: tenant and owner, invitation,
magic link, activation. Wasm plugins have their say on the way.

Start with "usher dev" on a laptop: it brings its own Postgres and a mail sink.
"usher serve" is production: it takes its database, public URL and secrets from the
configuration and refuses to start without them.`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          onlyCommands,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(newDev(), newServe(), newMigrate(), newConfig(), newMail(), newInvitation(), newFunnel(), newPlugin(sdk), newEvents(), newWebhook(),
		newVersion())
	return root
}

// onlyCommands is for a command that has others below it.
func onlyCommands(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError{fmt.Errorf("there is no command \"%s %s\"", cmd.CommandPath(), args[0])}
	}
	return nil
}

// onlyFlags is for a command that takes no arguments.
func onlyFlags(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError{fmt.Errorf("%s takes flags only, not %q", cmd.CommandPath(), args[0])}
	}
	return nil
}

// configured gives a command a flag for every setting, and its sources to run.
func configured(cmd *cobra.Command, run func(*cobra.Command, config.Sources) error) *cobra.Command {
	cmd.Args = onlyFlags
	bindErr := config.BindFlags(cmd.Flags())
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if bindErr != nil {
			return bindErr
		}
		sources := config.Process(cmd.Flags())
		sources.Hooks = app.HookRules()
		return run(cmd, sources)
	}
	return cmd
}
