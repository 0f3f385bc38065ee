package cli

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
)

func newPlugin(sdk fs.FS) *cobra.Command {
	group := &cobra.Command{
		Use:   "plugin",
		Short: "Write, build, test and sign plugins, and keep their versions in a host's registry",
		Long: `A plugin is a WebAssembly module that exports a function for each hook it serves, with a manifest
in its custom section usher.manifest. These commands need no server, database or configuration:

  begin a project    usher plugin new --lang go --hook signup.validate NAME
  work on it         usher plugin dev (at each change: build, test, swap on the host that runs here)
  build it           usher plugin build
  run its fixtures   usher plugin test
  look at it         usher plugin inspect build/NAME.wasm
  make a key, once   usher plugin keygen -o release.key
  sign the module    usher plugin sign p.wasm --key release.key

Then name the file at plugins.load in the configuration of the host, or keep it in the registry, which
every replica of a host shares. These ask the host that runs on data_dir, or the one of --operator:

  put it there       usher plugin push p.wasm
  see what is there  usher plugin list, usher plugin inspect NAME
  stop a version     usher plugin quarantine, revoke, clear
  who did what       usher plugin audit
  see its calls      usher plugin logs NAME
  try a version      usher plugin shadow, differences, replay

The host takes versions that a key of its plugins.trust.keys signed; usher dev takes unsigned ones too.`,
		Args: onlyCommands,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	group.AddCommand(newPluginNew(sdk), newPluginBuild(), newPluginDev(), newPluginPack(), newPluginInspect(), newPluginTest(), newPluginKeygen(), newPluginSign(), newPluginVerify(),
		newPluginPush(), newPluginList(), newPluginAudit(), newPluginLogs())
	group.AddCommand(newPluginStatus()...)
	group.AddCommand(newPluginReleases()...)
	group.AddCommand(newPluginDifferences(), newPluginReplay())
	group.AddCommand(newPluginRollout(), newPluginHistory(), newPluginDiff(), newPluginEvidence())
	return group
}

// onlyModule is for a command that takes the file of one module.
func onlyModule(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		return usageError{fmt.Errorf("%s takes one .wasm file, not %q", cmd.CommandPath(), args)}
	}
	return nil
}

// named puts the file before what is wrong with it.
func named(file string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", file, err)
}

// replace writes a file whole or not at all.
func replace(file string, text []byte) error {
	draft, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(draft.Name())
	_, err = draft.Write(text)
	if closed := draft.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Chmod(draft.Name(), 0o644)
	}
	if err != nil {
		return err
	}
	return os.Rename(draft.Name(), file)
}
