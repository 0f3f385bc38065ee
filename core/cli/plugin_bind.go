package cli

import (
	"errors"
	"fmt"
	"os"

	"github.com/go-json-experiment/json"
	"github.com/spf13/cobra"
)

// boundBody is a binding of a release as the operator API takes it.
type boundBody struct {
	Hook      string   `json:"hook"`
	Plugin    string   `json:"plugin"`
	OnFailure string   `json:"on_failure,omitzero"`
	TimeoutMS int64    `json:"timeout_ms,omitzero"`
	Tenants   []string `json:"tenants,omitzero"`
	Disabled  bool     `json:"disabled,omitzero"`
}

func newPluginBind() *cobra.Command {
	body := &releaseBody{Kind: "bind"}
	var configured bool
	cmd := releasing(&cobra.Command{
		Use:   "bind FILE.json|--configured",
		Short: "Say who is asked at which hook, in which order",
		Long: `Makes a release with these bindings in the place of all that are there: for each hook its plugins in the order of the
file, a JSON list such as

  [
    {"hook": "signup.validate", "plugin": "company-domain", "on_failure": "closed", "timeout_ms": 50},
    {"hook": "invitation.validate", "plugin": "company-domain", "tenants": ["0198…"]}
  ]

--configured gives the bindings back to plugins.bindings of the configuration.`,
		Example: `  usher plugin bind bindings.json --reason "the new order"`,
		Args: func(cmd *cobra.Command, args []string) error {
			if configured != (len(args) == 0) || len(args) > 1 {
				return usageError{errors.New("usher plugin bind takes one file, or --configured and none")}
			}
			return nil
		},
	}, body, func(args []string) error {
		if configured {
			return nil
		}
		text, err := os.ReadFile(args[0])
		if err != nil {
			return err
		}
		if err := json.Unmarshal(text, &body.Bindings, json.RejectUnknownMembers(true)); err != nil {
			return fmt.Errorf("%s: %w", args[0], err)
		}
		if len(body.Bindings) == 0 {
			return fmt.Errorf("%s has no binding: nobody would be asked anything; write --configured to have them as the configuration has them", args[0])
		}
		return nil
	})
	cmd.Flags().BoolVar(&configured, "configured", false, "as plugins.bindings has them")
	return cmd
}
