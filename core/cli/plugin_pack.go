package cli

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/usher-id/usher/plugins"
)

func newPluginPack() *cobra.Command {
	var manifestFile, out string
	cmd := &cobra.Command{
		Use:   "pack FILE.wasm --manifest FILE.json -o OUT.wasm",
		Short: "Embed a manifest into a module",
		Long: `Puts a manifest into the custom section usher.manifest of a module, in place of the one that is there,
and judges both as the host will when it loads them: every problem of the manifest is named at once.
The digest of the module covers the manifest. hostapi/schema/manifest.json is its JSON Schema; the
smallest one is

  {
    "name": "other-addresses",
    "version": "1.0.0",
    "hooks": {"signup.validate": {"fields": ["email_domain"]}}
  }

"fields" are the members of the hook's data that the plugin is given; it gets no others.`,
		Example: `  usher plugin pack other-addresses.wasm --manifest manifest.json -o other-addresses.wasm`,
		Args:    onlyModule,
		RunE: func(cmd *cobra.Command, args []string) error {
			if manifestFile == "" || out == "" {
				return usageError{fmt.Errorf("%s needs --manifest and --output", cmd.CommandPath())}
			}
			wasm, err := os.ReadFile(args[0])
			if err != nil {
				return err
			}
			text, err := os.ReadFile(manifestFile)
			if err != nil {
				return err
			}
			packed, err := plugins.Pack(wasm, text)
			if err != nil {
				return named(args[0], err)
			}
			return replace(out, packed)
		},
	}
	cmd.Flags().StringVar(&manifestFile, "manifest", "", "the manifest, a JSON file")
	cmd.Flags().StringVarP(&out, "output", "o", "", "where the packed module goes; may be the same file")
	return cmd
}
