package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/plugins"
	"github.com/usher-id/usher/plugins/signing"
)

func newPluginInspect() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "inspect FILE.wasm|PLUGIN[@VERSION]|DIGEST",
		Short: "Say what a module is, wants and may do",
		Long: `Judges a module by its bytes, as the host does before anything of it runs, and prints its name and
version, digest and size, the hooks it serves with the fields it is given at each, the capabilities
it asks for, and its limits. Exit code 1 when the host would refuse it.

What is no file and looks like none is looked up in the host's registry, which also knows who signed and
pushed it and whether it may serve: PLUGIN is its newest good version, and of a digest eight digits do.`,
		Example: `  usher plugin inspect build/plugins/company-domain.wasm
  usher plugin inspect company-domain@1.4.0`,
		Args: oneModule,
	}
	find := operatorFlags(cmd.Flags())
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		wasm, err := os.ReadFile(args[0])
		if errors.Is(err, fs.ErrNotExist) && !strings.ContainsAny(args[0], `/\`) && !strings.HasSuffix(args[0], ".wasm") {
			h, err := find(cmd)
			if err != nil {
				return fmt.Errorf("there is no file %s, and no host to ask for such a version: %w", args[0], err)
			}
			return h.inspect(cmd, args[0])
		}
		if err != nil {
			return err
		}
		f, err := plugins.Inspect(wasm)
		if err != nil {
			return named(args[0], err)
		}
		return writeFacts(cmd.OutOrStdout(), f)
	}
	return cmd
}

// oneModule is for a command that takes a module, wherever it is.
func oneModule(cmd *cobra.Command, args []string) error {
	if len(args) != 1 || args[0] == "" {
		return usageError{fmt.Errorf("%s takes one .wasm file, or one version in the registry, not %q", cmd.CommandPath(), args)}
	}
	return nil
}

// inspect prints a version of the registry.
func (h *host) inspect(cmd *cobra.Command, ref string) error {
	var v versionAnswer
	if err := h.get(cmd.Context(), versionPath(ref), &v); err != nil {
		return err
	}
	m := v.Manifest
	return h.table(func(row func(cells ...any)) {
		row("plugin", v.Plugin+" "+v.Version)
		row("digest", "sha256:"+v.Digest)
		row("size", fmt.Sprintf("%d bytes", v.SizeBytes))
		status := v.Status
		if v.Reason != "" {
			status += fmt.Sprintf(" by %s: %s", v.StatusBy, v.Reason)
		}
		row("status", status)
		row("signature", v.signed())
		row("pushed", instant(v.PushedAt)+" by "+v.PushedBy)
		for _, name := range v.Hooks {
			hook := hostapi.Hook(name)
			row("hook", name+", "+given(&m, hook))
		}
		for _, line := range wanted(m.Requests) {
			row("capability", line)
		}
		row("fixtures", len(m.Fixtures))
		for _, c := range v.Cost {
			row("cost as "+c.Role, c)
		}
	})
}

// signed says who signed a version, and for how long. The host has verified it; here it is
// only read.
func (v versionAnswer) signed() string {
	s, err := signing.Read(v.Signature)
	if v.KeyID == "" || err != nil {
		return v.signer()
	}
	return fmt.Sprintf("%s, good until %s", v.signer(), instant(s.NotAfter))
}

func writeFacts(out io.Writer, f plugins.Facts) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	row := func(name, format string, args ...any) {
		_, _ = fmt.Fprintf(w, "%s\t%s\n", name, fmt.Sprintf(format, args...))
	}
	m := f.Manifest
	if m == nil {
		row("plugin", "without a manifest: it is given every field and granted nothing (see usher plugin pack)")
		m = &hostapi.Manifest{}
	} else {
		row("plugin", "%s %s", m.Name, m.Version)
	}
	row("digest", "sha256:%s", f.Digest)
	row("size", "%d bytes, %d KiB of memory at start", f.Bytes, f.MemoryPages*64)
	for _, h := range f.Hooks {
		row("hook", "%s, %s", h, given(f.Manifest, h))
	}
	for _, line := range wanted(m.Requests) {
		row("capability", "%s", line)
	}
	row("imports", "%s", orNone(f.Capabilities))
	l := f.Limits
	row("limits", "%s, %d KiB of memory, %d bytes of output, %d of log, %d calls out, %d bytes an answer",
		wall(l), l.MemoryPages*64, l.OutputBytes, l.LogBytes, l.CallsOut, l.ResultBytes)
	if len(m.ConfigSchema) > 0 {
		row("config", "has a schema")
	} else {
		row("config", "any, as there is no config_schema")
	}
	row("fixtures", "%d", len(m.Fixtures))
	return w.Flush()
}

// wall says how long a call may take.
func wall(l hostapi.Limits) string {
	if l.WallMS > 0 {
		return fmt.Sprintf("%d ms", l.WallMS)
	}
	return fmt.Sprintf("%d ms (%d at hooks that call out)", hostapi.DefaultLimits().WallMS, hostapi.IOLimits().WallMS)
}

// given says which fields a plugin gets at a hook.
func given(m *hostapi.Manifest, h hostapi.Hook) string {
	if m == nil {
		return "given every field"
	}
	needs, named := m.Hooks[h]
	if !named {
		return "exported, and not named in the manifest: it is never asked there"
	}
	return "given " + orNone(needs.Fields)
}

// wanted lists the capabilities that a manifest asks for, a line each.
func wanted(r hostapi.Requests) []string {
	var lines []string
	if r.HTTP != nil {
		to := "origins of the operator's choice"
		if len(r.HTTP.Origins) > 0 {
			to = strings.Join(r.HTTP.Origins, ", ")
		}
		lines = append(lines, "http: "+to)
	}
	if r.KV != nil {
		lines = append(lines, "kv: entries of its own in each tenant")
	}
	if len(r.Secrets) > 0 {
		lines = append(lines, "secrets: "+strings.Join(r.Secrets, ", "))
	}
	if r.Telemetry != nil {
		for _, m := range r.Telemetry.Metrics {
			labels := slices.Sorted(maps.Keys(m.Labels))
			lines = append(lines, fmt.Sprintf("telemetry: the %s %s, by %s", m.Kind, m.Name, orNone(labels)))
		}
		if r.Telemetry.Spans {
			lines = append(lines, "telemetry: spans")
		}
	}
	if len(lines) == 0 {
		return []string{"none"}
	}
	return lines
}

func orNone(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, ", ")
}
