package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// trialAnswer is how a candidate does beside its predecessor.
type trialAnswer struct {
	Plugin         string    `json:"plugin"`
	Digest         string    `json:"digest"`
	Version        string    `json:"version"`
	Against        string    `json:"against"`
	AgainstVersion string    `json:"against_version"`
	Since          time.Time `json:"since"`
	Hooks          []struct {
		Hook      string    `json:"hook"`
		Candidate armAnswer `json:"candidate"`
		Serving   armAnswer `json:"serving"`
	} `json:"hooks"`
	Verdict string `json:"verdict"`
}

type armAnswer struct {
	Runs   int64 `json:"runs"`
	Failed int64 `json:"failed"`
	Denied int64 `json:"denied"`
	P50US  int64 `json:"p50_us"`
	P99US  int64 `json:"p99_us"`
}

// printTrials prints both versions of each trial side by side, and what the guardrail makes of
// them.
func (h *host) printTrials(trials []trialAnswer) error {
	for _, t := range trials {
		if len(t.Hooks) == 0 {
			if err := h.say("%s %s is tried; no run has come to it yet.", t.Plugin, t.Version); err != nil {
				return err
			}
			continue
		}
		if err := h.say("%s %s (%s) is tried beside %s (%s) since %s:", t.Plugin, t.Version, short(t.Digest), t.AgainstVersion, short(t.Against), instant(t.Since)); err != nil {
			return err
		}
		err := h.table(func(row func(cells ...any)) {
			row("HOOK", "VERSION", "RUNS", "FAILED", "DENIED", "P50", "P99")
			for _, k := range t.Hooks {
				row(append([]any{k.Hook, t.Version}, k.Candidate.cells()...)...)
				row(append([]any{"", t.AgainstVersion}, k.Serving.cells()...)...)
			}
		})
		if err == nil {
			err = h.say("%s", strings.TrimRight(t.Verdict, "\n"))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (a armAnswer) cells() []any {
	return []any{a.Runs, a.Failed, a.Denied, micros(a.P50US), micros(a.P99US)}
}

func newPluginEvidence() *cobra.Command {
	return operating(&cobra.Command{
		Use:   "evidence RELEASE",
		Short: "Say why the guardrail rolled a candidate back",
		Long: `Prints what the guardrail had against a candidate when it made this release: how it did beside its predecessor at the
same time, what was allowed, how sure that is, and what to do. Exit code 1 for a release that somebody made.`,
		Example: `  usher plugin evidence 14`,
		Args:    one("the number of a release"),
	}, func(cmd *cobra.Command, h *host, args []string) error {
		number, err := strconv.ParseInt(args[0], 10, 64)
		if err != nil || number < 1 {
			return usageError{fmt.Errorf("usher plugin evidence takes the number of a release, not %q", args[0])}
		}
		var r releaseAnswer
		if err := h.get(cmd.Context(), fmt.Sprintf("%s/%d", releasesPath, number), &r); err != nil {
			return err
		}
		if r.Evidence == nil {
			return fmt.Errorf("release %d was made by %s, not by the guardrail, so there is no evidence; usher plugin history shows why it was made", number, r.Actor)
		}
		return h.say("Release %d, at %s: %s", r.Number, instant(r.CreatedAt), strings.TrimRight(r.Evidence.Text, "\n"))
	})
}
