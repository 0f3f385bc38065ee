package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// shadowsAnswer are the shadows of a rollout.
type shadowsAnswer struct {
	Shadows []shadowAnswer `json:"shadows"`
}

type shadowAnswer struct {
	Plugin         string         `json:"plugin"`
	Digest         string         `json:"digest"`
	Version        string         `json:"version"`
	Calls          int64          `json:"calls"`
	Agreed         int64          `json:"agreed"`
	Differed       int64          `json:"differed"`
	NotComparable  map[string]int `json:"not_comparable"`
	Dropped        int64          `json:"dropped"`
	ServedFailures int64          `json:"served_failures"`
	ShadowFailures int64          `json:"shadow_failures"`
	Served         costAnswer     `json:"served"`
	Shadowed       costAnswer     `json:"shadowed"`
}

// printShadows prints how shadows do, and what to look at.
func (h *host) printShadows(list []shadowAnswer) error {
	if len(list) == 0 {
		return nil
	}
	err := h.table(func(row func(cells ...any)) {
		row("SHADOW", "DIGEST", "CALLS", "AGREED", "DIFFERED", "NOT COMPARABLE", "DROPPED", "FAILURES", "P50", "P99", "FUEL")
		for _, s := range list {
			apart := 0
			for _, n := range s.NotComparable {
				apart += n
			}
			beside := func(served, shadowed string) string { return shadowed + " (serving " + served + ")" }
			row(s.Plugin+" "+s.Version, short(s.Digest), s.Calls, s.Agreed, s.Differed, apart, s.Dropped,
				beside(fmt.Sprint(s.ServedFailures), fmt.Sprint(s.ShadowFailures)), beside(s.Served.p50(), s.Shadowed.p50()),
				beside(s.Served.p99(), s.Shadowed.p99()), beside(s.Served.fuel(), s.Shadowed.fuel()))
		}
	})
	for _, s := range list {
		if err == nil && s.Differed > 0 {
			err = h.say("%s %s answers otherwise; see how with: usher plugin differences %s", s.Plugin, s.Version, short(s.Digest))
		}
	}
	return err
}

// verdictAnswer is what a version made of a call, without a word of it.
type verdictAnswer struct {
	Outcome string `json:"outcome"`
	Failure string `json:"failure"`
	Errors  []struct {
		Field string `json:"field"`
		Code  string `json:"code"`
	} `json:"errors"`
}

func (v verdictAnswer) String() string {
	if v.Failure != "" {
		return "failed: " + v.Failure
	}
	text := v.Outcome
	for i, e := range v.Errors {
		between := ", "
		if i == 0 {
			between = ": "
		}
		text += between + e.Field + " " + e.Code
	}
	return text
}

func members(list []string) string {
	if len(list) == 0 {
		return "-"
	}
	return strings.Join(list, ", ")
}

func newPluginDifferences() *cobra.Command {
	var limit int
	cmd := operating(&cobra.Command{
		Use:   "differences PLUGIN@VERSION|DIGEST",
		Short: "List the calls that a version answered otherwise as a shadow",
		Long: `Lists the last calls that a shadow answered otherwise than the version that served, the newest first: what each
made of the call, and the members of the answers that differ. Nothing of what people sent is in it: to see
what happens with such data, use fixtures or usher plugin replay.`,
		Example: `  usher plugin differences company-domain@1.1.0 --limit 20`,
		Args:    onlyVersion,
	}, func(cmd *cobra.Command, h *host, args []string) error {
		var list struct {
			Data []struct {
				Time     time.Time     `json:"time"`
				Release  int64         `json:"release"`
				Hook     string        `json:"hook"`
				Served   verdictAnswer `json:"served"`
				Shadowed verdictAnswer `json:"shadowed"`
				Members  []string      `json:"members"`
			} `json:"data"`
		}
		if err := h.get(cmd.Context(), fmt.Sprintf("%s/differences?limit=%d", versionPath(args[0]), limit), &list); err != nil {
			return err
		}
		if len(list.Data) == 0 {
			return h.say("No difference is kept of this version. It is compared while it is a shadow: usher plugin shadow %s", args[0])
		}
		return h.table(func(row func(cells ...any)) {
			row("TIME", "RELEASE", "HOOK", "SERVED", "SHADOW", "DIFFERS IN")
			for _, d := range list.Data {
				row(instant(d.Time), d.Release, d.Hook, d.Served, d.Shadowed, members(d.Members))
			}
		})
	})
	cmd.Flags().IntVar(&limit, "limit", 50, "how `many`, up to 200")
	return cmd
}

// counted lists what was counted, the most first.
func counted(m map[string]int) (lines []string) {
	for _, what := range slices.SortedFunc(maps.Keys(m), func(a, b string) int {
		if m[a] != m[b] {
			return m[b] - m[a]
		}
		return strings.Compare(a, b)
	}) {
		lines = append(lines, fmt.Sprintf("%d: %s", m[what], what))
	}
	return lines
}
