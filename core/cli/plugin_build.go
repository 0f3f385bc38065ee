package cli

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/usher-id/usher/plugins/project"
)

func newPluginBuild() *cobra.Command {
	return &cobra.Command{
		Use:   "build [FOLDER]",
		Short: "Build a plugin's project into one module with its manifest",
		Long: `Builds the project in a folder, or in this one, and puts its manifest into the module: build/NAME.wasm.
Both are judged as the host will judge them. Where the language's compiler is missing it says how to get it.`,
		Example: `  usher plugin build
  usher plugin build examples/plugins/hr-directory`,
		Args: atMostFolder,
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := built(cmd, folder(args))
			if err != nil {
				return err
			}
			info, err := os.Stat(p.Module())
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "built: %s, %d KB\n", p.Module(), (info.Size()+999)/1000)
			return err
		},
	}
}

// atMostFolder is for a command that works in a folder, this one unless another is named.
func atMostFolder(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return usageError{fmt.Errorf("%s takes one folder, not %q", cmd.CommandPath(), args)}
	}
	return nil
}

func folder(args []string) string {
	if len(args) == 0 {
		return "."
	}
	return args[0]
}

// built builds the project in a folder.
func built(cmd *cobra.Command, dir string) (*project.Project, error) {
	p, err := project.Open(dir)
	if err != nil {
		return nil, err
	}
	p.Said = cmd.ErrOrStderr()
	return p, p.Build(cmd.Context())
}
