package cli

import (
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/plugins"
	"github.com/usher-id/usher/plugins/kit"
	"github.com/usher-id/usher/plugins/manifest"
)

// newPluginTest makes the command "test"; a file plugin_test.go would be one of tests.
func newPluginTest() *cobra.Command {
	var fixturesFile string
	cmd := &cobra.Command{
		Use:   "test [FOLDER|FILE.wasm] [--fixtures FILE.json]",
		Short: "Run a plugin's fixtures in the real runtime, without a server",
		Long: `Builds the project in a folder, or in this one, or takes a module as it is. Loads it as the host does and calls
it with each fixture of its manifest, or of a file: a JSON array of them. A fixture is a call and what is to
come of it:

  {
    "name": "a free mail service",
    "hook": "signup.validate",
    "config": {"refused_domain": "example.org"},
    "data": {"email_domain": "example.org"},
    "want": {"outcome": "deny", "errors": [{"field": "email", "code": "other_address", "message": "…"}]}
  }

In place of "want", "fails" has words of the reason for which the call fails. "http" lists the requests
that the plugin must send and the responses it gets, or with "refused" why there is none; nothing leaves
this machine. A secret NAME has the value "fixture-NAME". "now" is the time, "kv" has the entries that there
are and "kept" those that there must be then; with "kv_refused" the store refuses.

Each line has the time of the call, the fuel it spent and its memory at the end. A call may take up to 10 s here,
so that a busy machine fails no fixture; one that a host would have ended is noted. Exit code 1 when a fixture
fails.`,
		Example: `  usher plugin test
  usher plugin test build/plugins/company-domain.wasm
  usher plugin test p.wasm --fixtures more.json`,
		Args: atMostFolder,
		RunE: func(cmd *cobra.Command, args []string) error {
			file, err := moduleOf(cmd, folder(args))
			if err != nil {
				return err
			}
			wasm, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			fixtures, err := readFixtures(fixturesFile, wasm)
			if err != nil {
				return err
			}
			results, err := kit.Run(cmd.Context(), wasm, fixtures)
			failed := writeResults(cmd.OutOrStdout(), results)
			if err != nil {
				return named(file, err)
			}
			if failed > 0 {
				return fmt.Errorf("%d of %d fixtures failed", failed, len(results))
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&fixturesFile, "fixtures", "", "a JSON array of fixtures, in place of those of the manifest")
	return cmd
}

// moduleOf gives the module that a path stands for: itself, or what the project in a folder is built to.
func moduleOf(cmd *cobra.Command, path string) (string, error) {
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		return path, err
	}
	p, err := built(cmd, path)
	if err != nil {
		return "", err
	}
	return p.Module(), nil
}

// readFixtures reads a file of fixtures for a module; no file is none.
func readFixtures(file string, wasm []byte) ([]hostapi.Fixture, error) {
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	facts, err := plugins.Inspect(wasm)
	if err != nil {
		return nil, err
	}
	if facts.Manifest == nil {
		facts.Manifest = &hostapi.Manifest{Hooks: map[hostapi.Hook]hostapi.HookNeeds{}}
		for _, h := range facts.Hooks {
			facts.Manifest.Hooks[h] = hostapi.HookNeeds{}
		}
	}
	fixtures, err := manifest.ParseFixtures(text, *facts.Manifest)
	return fixtures, named(file, err)
}

// writeResults prints a line for each fixture and what was wrong below it, and counts
// those that failed.
func writeResults(out io.Writer, results []kit.Result) (failed int) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, r := range results {
		verdict := "pass"
		if !r.Passed() {
			verdict = "FAIL"
			failed++
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d fuel\t%d KiB\n", verdict, r.Name, r.Hook, r.Duration.Round(time.Microsecond), r.Fuel, r.Memory>>10)
	}
	_ = w.Flush()
	for _, r := range results {
		writeResult(out, r)
	}
	return failed
}

// writeResult prints what was wrong with a fixture, or is to be noted; of one that passed as it should, nothing.
func writeResult(out io.Writer, r kit.Result) {
	if r.Passed() && len(r.Notes) == 0 {
		return
	}
	_, _ = fmt.Fprintf(out, "\n%s:\n", r.Name)
	for _, problem := range r.Problems {
		_, _ = fmt.Fprintf(out, "  %s\n", problem)
	}
	for _, note := range r.Notes {
		_, _ = fmt.Fprintf(out, "  note: %s\n", note)
	}
	if r.Passed() {
		return
	}
	for _, line := range r.Lines {
		_, _ = fmt.Fprintf(out, "  log: %s\n", line)
	}
}
