package cli

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/spf13/cobra"
)

func newPluginDiff() *cobra.Command {
	return operating(&cobra.Command{
		Use:   "diff [RELEASE [RELEASE]]",
		Short: "Show what two releases differ in",
		Long: `Compares two releases: the plugins and versions, what is tried, and for each version that changed the capabilities
that it asks for more or less. Without the second number a release is compared with the one that serves, and
without any the one that serves with what it was made from.`,
		Example: `  usher plugin diff
  usher plugin diff 11 14`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 2 {
				return usageError{fmt.Errorf("%s takes at most two numbers, not %q", cmd.CommandPath(), args)}
			}
			return nil
		},
	}, func(cmd *cobra.Command, h *host, args []string) error {
		before, after, err := h.pair(cmd.Context(), args)
		if err != nil {
			return err
		}
		lines, err := h.differences(cmd.Context(), before, after)
		if err != nil {
			return err
		}
		if err := h.say("From release %d to release %d:", before.Number, after.Number); err != nil {
			return err
		}
		for _, line := range lines {
			if err := h.say("  %s", line); err != nil {
				return err
			}
		}
		return nil
	})
}

// comparedAnswer is a release with what it was made from.
type comparedAnswer struct {
	releaseAnswer
	Base int64 `json:"base"`
}

func (h *host) pair(ctx context.Context, args []string) (before, after comparedAnswer, err error) {
	var at struct {
		Serving comparedAnswer `json:"serving"`
	}
	if err := h.get(ctx, rolloutPath, &at); err != nil {
		return before, after, err
	}
	numbers := []int64{at.Serving.Base, at.Serving.Number}
	for i, arg := range args {
		if numbers[i], err = strconv.ParseInt(arg, 10, 64); err != nil {
			return before, after, usageError{fmt.Errorf("%q is no number of a release", arg)}
		}
	}
	if len(args) == 1 {
		numbers[1] = at.Serving.Number
	}
	for i, into := range []*comparedAnswer{&before, &after} {
		if into.Number = numbers[i]; into.Number == 0 {
			continue // before the first: it has nothing
		}
		if err := h.get(ctx, fmt.Sprintf("%s/%d", releasesPath, numbers[i]), into); err != nil {
			return before, after, err
		}
	}
	return before, after, nil
}

// differences are a line each.
func (h *host) differences(ctx context.Context, before, after comparedAnswer) (lines []string, err error) {
	was := map[string]releasedAnswer{}
	for _, p := range before.Plugins {
		was[p.Name] = p
	}
	for _, p := range after.Plugins {
		old, there := was[p.Name]
		delete(was, p.Name)
		switch {
		case !there:
			lines = append(lines, fmt.Sprintf("+ %s %s (%s)", p.Name, p.Version, short(p.Digest)))
		case old.Digest != p.Digest:
			lines = append(lines, fmt.Sprintf("~ %s %s (%s) to %s (%s)", p.Name, old.Version, short(old.Digest), p.Version, short(p.Digest)))
			asked, err := h.asks(ctx, old.Digest, p.Digest)
			if err != nil {
				return nil, err
			}
			lines = append(lines, asked...)
		}
		if was, now := old.Candidate.String(), p.Candidate.String(); was != now {
			lines = append(lines, fmt.Sprintf("~ %s tries %s instead of %s", p.Name, orNothing(now), orNothing(was)))
		}
	}
	for _, p := range before.Plugins {
		if _, gone := was[p.Name]; gone {
			lines = append(lines, fmt.Sprintf("- %s %s (%s)", p.Name, p.Version, short(p.Digest)))
		}
	}
	if len(lines) == 0 {
		lines = []string{"nothing"}
	}
	return lines, nil
}

func orNothing(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}

// asks compares what two versions ask for.
func (h *host) asks(ctx context.Context, before, after string) (lines []string, err error) {
	var said [2][]string
	for i, digest := range []string{before, after} {
		if digest == "" {
			continue
		}
		var v versionAnswer
		if err := h.get(ctx, versionsPath+"/"+digest, &v); err != nil {
			return nil, err
		}
		said[i] = wanted(v.Manifest.Requests)
	}
	for _, line := range said[1] {
		if !slices.Contains(said[0], line) {
			lines = append(lines, "  asks for "+line)
		}
	}
	for _, line := range said[0] {
		if !slices.Contains(said[1], line) {
			lines = append(lines, "  asks no more for "+line)
		}
	}
	return lines, nil
}
