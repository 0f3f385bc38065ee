package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// releaseAnswer is a release as the operator API shows it.
type releaseAnswer struct {
	Number    int64            `json:"number"`
	Kind      string           `json:"kind"`
	State     string           `json:"state"`
	Plugin    string           `json:"plugin"`
	Restores  int64            `json:"restores"`
	Actor     string           `json:"actor"`
	Now       bool             `json:"now"`
	Automatic bool             `json:"automatic"`
	Reason    string           `json:"reason"`
	Failure   string           `json:"failure"`
	CreatedAt time.Time        `json:"created_at"`
	Plugins   []releasedAnswer `json:"plugins"`
	Evidence  *struct {
		Text string `json:"text"`
	} `json:"evidence"`
}

type releasedAnswer struct {
	Name      string           `json:"name"`
	Digest    string           `json:"digest"`
	Version   string           `json:"version"`
	Candidate *candidateAnswer `json:"candidate"`
}

type candidateAnswer struct {
	Digest  string  `json:"digest"`
	Version string  `json:"version"`
	Percent float64 `json:"percent"`
	By      string  `json:"by"`
	Shadow  bool    `json:"shadow"`
}

func (c *candidateAnswer) String() string {
	switch {
	case c == nil:
		return ""
	case c.Shadow:
		return fmt.Sprintf("%s (%s) as a shadow", c.Version, short(c.Digest))
	}
	return fmt.Sprintf("%s (%s) for %g %% of %ss", c.Version, short(c.Digest), c.Percent, c.By)
}

// rolloutAnswer is where the ledger stands.
type rolloutAnswer struct {
	Newest    int64           `json:"newest"`
	Serving   releaseAnswer   `json:"serving"`
	Preparing *releaseAnswer  `json:"preparing"`
	Trials    []trialAnswer   `json:"trials"`
	BackTo    *releaseAnswer  `json:"back_to"`
	Replicas  []replicaAnswer `json:"replicas"`
	shadowsAnswer
}

type replicaAnswer struct {
	Name     string           `json:"name"`
	Live     bool             `json:"live"`
	SeenAt   time.Time        `json:"seen_at"`
	Serving  int64            `json:"serving"`
	Since    time.Time        `json:"since"`
	Prepared int64            `json:"prepared"`
	Failed   int64            `json:"failed"`
	Failure  string           `json:"failure"`
	Trouble  string           `json:"trouble"`
	Plugins  []releasedAnswer `json:"plugins"`
	Swap     *struct {
		Release   int64     `json:"release"`
		Heard     time.Time `json:"heard"`
		ReadUS    int64     `json:"read_us"`
		PrepareUS int64     `json:"prepare_us"`
		FlipUS    int64     `json:"flip_us"`
	} `json:"swap"`
}

// troubles are what the replica could not prepare, and what it serves otherwise than its release says.
func (r replicaAnswer) troubles() string {
	return strings.Join(slices.DeleteFunc([]string{r.Failure, r.Trouble}, func(s string) bool { return s == "" }), "; ")
}

// summary says what a release does.
func (r releaseAnswer) summary() string {
	switch r.Kind {
	case "rollback":
		if r.Restores == 0 {
			return "back to before the first release"
		}
		return fmt.Sprintf("back to release %d", r.Restores)
	case "bind":
		return "other bindings"
	}
	text := r.Kind + " " + r.Plugin
	for _, p := range r.Plugins {
		switch {
		case p.Name != r.Plugin:
		case p.Candidate != nil:
			return r.Kind + " " + p.Name + " " + p.Candidate.String()
		case p.Digest != "":
			return fmt.Sprintf("%s %s %s (%s)", r.Kind, p.Name, p.Version, short(p.Digest))
		}
	}
	return text
}

// place says where a rollback to a release goes.
func (r releaseAnswer) place() string {
	if r.Number == 0 {
		return "back to before the first release"
	}
	return fmt.Sprintf("back to release %d: %s", r.Number, r.summary())
}

// servedBy tells whether every live replica serves a release, or a later one.
func (r rolloutAnswer) servedBy(number int64) bool {
	if r.Serving.Number < number {
		return false
	}
	for _, one := range r.Replicas {
		if one.Live && one.Serving < number {
			return false
		}
	}
	return true
}

// late says whom a release waits for.
func (r rolloutAnswer) late(number int64) error {
	var waiting []string
	for _, one := range r.Replicas {
		if one.Live && one.Serving < number {
			waiting = append(waiting, one.Name)
		}
	}
	switch {
	case len(waiting) == 0:
		return fmt.Errorf("release %d is not served yet, and no replica is live; look at usher plugin status", number)
	case r.Serving.Number >= number:
		return fmt.Errorf("release %d serves, but not yet on %s, which follow as soon as they can; usher plugin status shows what holds them up", number, strings.Join(waiting, ", "))
	}
	return fmt.Errorf("release %d is not served yet by %s; usher plugin status shows more, usher plugin serve %d has the others go on without them",
		number, strings.Join(waiting, ", "), number)
}

// printSwaps prints how long each step took each replica.
func (h *host) printSwaps(at rolloutAnswer, number int64) error {
	return h.table(func(row func(cells ...any)) {
		row("REPLICA", "SERVES", "SINCE", "READ", "PREPARE", "FLIP")
		for _, r := range at.Replicas {
			if !r.Live {
				continue
			}
			if w := r.Swap; w != nil && w.Release == number {
				row(r.Name, r.Serving, r.Since.Format("15:04:05.000"), micros(w.ReadUS), micros(w.PrepareUS), micros(w.FlipUS))
			} else {
				row(r.Name, r.Serving, r.Since.Format("15:04:05.000"))
			}
		}
	})
}

func micros(n int64) string { return (time.Duration(n) * time.Microsecond).String() }

func newPluginRollout() *cobra.Command {
	return operating(&cobra.Command{
		Use:   "status",
		Short: "Show what serves, what is tried, and how each replica does",
		Long: `Shows the release that serves with its plugins and their candidates, the one that is being prepared, what candidates did beside
their predecessors and what the guardrail makes of it, and of each replica the release that it serves, since
when, and what it could serve at once.`,
		Example: `  usher plugin status`,
		Args:    onlyFlags,
	}, func(cmd *cobra.Command, h *host, _ []string) error {
		var at rolloutAnswer
		if err := h.get(cmd.Context(), rolloutPath, &at); err != nil {
			return err
		}
		if err := h.printServing(at); err != nil {
			return err
		}
		if err := h.printTrials(at.Trials); err != nil {
			return err
		}
		if err := h.printShadows(at.Shadows); err != nil {
			return err
		}
		return h.printReplicas(at)
	})
}

func (h *host) printServing(at rolloutAnswer) error {
	if at.Serving.Number == 0 {
		if err := h.say("No release serves: every plugin is as the configuration has it."); err != nil {
			return err
		}
	} else if err := h.say("Release %d serves: %s, by %s%s.", at.Serving.Number, at.Serving.summary(), at.Serving.Actor, because(at.Serving.Reason)); err != nil {
		return err
	}
	if p := at.Preparing; p != nil {
		waits := "every live replica is"
		if p.Now {
			waits = "the first replica is"
		}
		if err := h.say("Release %d is being prepared: %s, by %s. It serves when %s ready.", p.Number, p.summary(), p.Actor, waits); err != nil {
			return err
		}
	}
	if to := at.BackTo; to != nil {
		if err := h.say("A rollback goes %s.", to.place()); err != nil {
			return err
		}
	}
	if len(at.Serving.Plugins) == 0 {
		return nil
	}
	return h.table(func(row func(cells ...any)) {
		row("PLUGIN", "VERSION", "DIGEST", "CANDIDATE")
		for _, p := range at.Serving.Plugins {
			row(p.Name, p.Version, short(p.Digest), p.Candidate)
		}
	})
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ", because: " + reason
}

func (h *host) printReplicas(at rolloutAnswer) error {
	return h.table(func(row func(cells ...any)) {
		row("REPLICA", "LIVE", "SERVES", "SINCE", "READY FOR", "PLUGINS", "TROUBLE")
		for _, r := range at.Replicas {
			live := "yes"
			if !r.Live {
				live = "not since " + instant(r.SeenAt)
			}
			var serves []string
			for _, p := range r.Plugins {
				serves = append(serves, p.Name+" "+short(p.Digest))
			}
			row(r.Name, live, r.Serving, instant(r.Since), r.Prepared, strings.Join(serves, ", "), r.troubles())
		}
	})
}

func newPluginHistory() *cobra.Command {
	var limit int
	var below int64
	cmd := operating(&cobra.Command{
		Use:   "history",
		Short: "List the releases, the newest first",
		Long: `Lists who released what, when and why, and what became of it. --below goes on where an earlier list ended: with the
number of its last release.`,
		Example: `  usher plugin history --limit 50
  usher plugin history --below 31`,
		Args: onlyFlags,
	}, func(cmd *cobra.Command, h *host, _ []string) error {
		if cmd.Flags().Changed("below") && below < 1 {
			return usageError{errors.New("--below is the number of a release, from 1")}
		}
		var list struct {
			Data []releaseAnswer `json:"data"`
		}
		path := fmt.Sprintf("%s?limit=%d", releasesPath, limit)
		if below > 0 {
			path += fmt.Sprintf("&below=%d", below)
		}
		if err := h.get(cmd.Context(), path, &list); err != nil {
			return err
		}
		if len(list.Data) == 0 && below > 0 {
			return h.say("There is no release below %d.", below)
		}
		if len(list.Data) == 0 {
			return h.say("There is no release yet; make one with: usher plugin activate PLUGIN@VERSION")
		}
		return h.table(func(row func(cells ...any)) {
			row("RELEASE", "STATE", "WHAT", "WHEN", "BY", "WHY")
			for _, r := range list.Data {
				by := r.Actor
				if r.Automatic {
					by += " (automatic)"
				}
				why := r.Reason
				if r.Failure != "" {
					why = r.Failure
				}
				row(r.Number, r.State, r.summary(), instant(r.CreatedAt), by, why)
			}
		})
	})
	cmd.Flags().IntVar(&limit, "limit", 20, "how `many`, up to 200")
	cmd.Flags().Int64Var(&below, "below", 0, "list those before the release with this `number`")
	return cmd
}
