package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/plugins/project"
)

func newPluginNew(sdk fs.FS) *cobra.Command {
	var language string
	var hooks []string
	cmd := &cobra.Command{
		Use:   "new --lang LANGUAGE --hook HOOK [--hook HOOK...] [FOLDER/]NAME",
		Short: "Write a small plugin project that builds",
		Long: fmt.Sprintf(`Writes a project of one plugin into a new folder: its logic apart from its wiring, a test of the logic in the
language's own test tool, a manifest with fixtures, a README, and the SDK, so that nothing else is fetched.

Languages: %s.
Hooks:     %s.`, strings.Join(project.Languages(), ", "), wrapped(hostapi.Hooks())),
		Example: `  usher plugin new --lang go --hook signup.validate --hook invitation.validate company-domain
  cd company-domain && usher plugin build && usher plugin test`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError{fmt.Errorf("%s takes the name of one plugin, not %q", cmd.CommandPath(), args)}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			asked, err := knownHooks(hooks)
			if err != nil {
				return usageError{err}
			}
			if language == "" {
				return usageError{fmt.Errorf("--lang is missing: %s", strings.Join(project.Languages(), ", "))}
			}
			p, err := project.Create(project.Order{
				SDK: sdk, Dir: args[0], Name: filepath.Base(filepath.Clean(args[0])), Language: language, Hooks: asked,
			})
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "written: %s, a plugin in %s\nnext:    cd %s && usher plugin build && usher plugin test\n",
				p.Dir, p.Language(), p.Dir)
			return err
		},
	}
	cmd.Flags().StringVar(&language, "lang", "", "the language: "+strings.Join(project.Languages(), ", "))
	cmd.Flags().StringArrayVar(&hooks, "hook", nil, "a hook that the plugin serves; give it once for each")
	return cmd
}

// knownHooks are the hooks of the flags, each once.
func knownHooks(names []string) (hooks []hostapi.Hook, err error) {
	if len(names) == 0 {
		return nil, errors.New("--hook is missing: name the hooks that the plugin serves, such as signup.validate")
	}
	for _, name := range names {
		h := hostapi.Hook(name)
		if !h.Known() {
			return nil, fmt.Errorf("--hook %s: there is no such hook; there are %s", name, wrapped(hostapi.Hooks()))
		}
		if !slices.Contains(hooks, h) {
			hooks = append(hooks, h)
		}
	}
	return hooks, nil
}

// wrapped lists hooks over several lines.
func wrapped(hooks []hostapi.Hook) string {
	var b strings.Builder
	for i, h := range hooks {
		switch {
		case i == 0:
		case i%4 == 0:
			b.WriteString(",\n           ")
		default:
			b.WriteString(", ")
		}
		b.WriteString(string(h))
	}
	return b.String()
}
