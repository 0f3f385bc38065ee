package cli

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"
)

const (
	releasesPath = "/admin/v1/plugins/releases"
	rolloutPath  = "/admin/v1/plugins/rollout"
)

// releaseBody is a change of the ledger as the operator API takes it.
type releaseBody struct {
	Kind    string  `json:"kind"`
	Plugin  string  `json:"plugin,omitzero"`
	Version string  `json:"version,omitzero"`
	Percent float64 `json:"percent,omitzero"`
	By      string  `json:"by,omitzero"`
	To      *int64  `json:"to,omitzero"`
	Reason  string  `json:"reason,omitzero"`
	Force   bool    `json:"force,omitzero"`
	Now     bool    `json:"now,omitzero"`
	Expect  *int64  `json:"expect,omitzero"`

	Bindings []boundBody `json:"bindings,omitzero"`
}

// releasing makes a command that makes a release and waits until it serves. fill completes the
// body from the arguments.
func releasing(cmd *cobra.Command, body *releaseBody, fill func(args []string) error) *cobra.Command {
	var wait time.Duration
	var expect int64
	cmd = operating(cmd, func(cmd *cobra.Command, h *host, args []string) error {
		if err := fill(args); err != nil {
			return err
		}
		if cmd.Flags().Changed("expect") {
			body.Expect = &expect
		}
		began := time.Now()
		var made releaseAnswer
		if err := h.post(cmd.Context(), releasesPath, body, &made); err != nil {
			return err
		}
		if err := h.say("Release %d is made: %s.", made.Number, made.summary()); err != nil || wait == 0 {
			return err
		}
		return h.follow(cmd.Context(), made.Number, began, wait)
	})
	flags := cmd.Flags()
	flags.StringVar(&body.Reason, "reason", "", "why, for the history")
	flags.DurationVar(&wait, "wait", time.Minute, "how `long` to wait until every live replica serves it; 0s does not wait")
	flags.Int64Var(&expect, "expect", 0, "the `number` of the newest release that you have seen: another stops this")
	return cmd
}

func newPluginReleases() []*cobra.Command {
	return []*cobra.Command{
		newPluginActivate(), newPluginCanary(), newPluginShadow(), newPluginPromote(), newPluginWithdraw(), newPluginRollback(), newPluginServe(),
		newPluginBind(),
	}
}

func newPluginActivate() *cobra.Command {
	body := &releaseBody{Kind: "activate"}
	cmd := releasing(&cobra.Command{
		Use:   "activate PLUGIN@VERSION|DIGEST",
		Short: "Have a version serve on every replica",
		Long: `Makes a release in which this version serves. Every replica fetches, verifies, compiles and tries it beside
what serves, and when all are ready they flip together; when one cannot, nothing changes anywhere. Calls
under way, and runs of activation that began before, end with the version that they began with.

An older version than the one that serves is refused: that is a rollback.`,
		Example: `  usher plugin activate company-domain@1.1.0
  usher plugin activate 3f1c92aa --reason "the new allow-list"`,
		Args: one("a version"),
	}, body, func(args []string) error { body.Version = args[0]; return nil })
	cmd.Flags().BoolVar(&body.Now, "now", false, "serve it when the first replica is ready, on the others as soon as they are")
	return cmd
}

func newPluginCanary() *cobra.Command {
	body := &releaseBody{Kind: "canary"}
	cmd := releasing(&cobra.Command{
		Use:   "canary PLUGIN@VERSION|DIGEST --percent N",
		Short: "Have a version answer for a share of the runs",
		Long: `The candidate answers for that share beside what serves: of the runs of activation, each of which sticks to its
version, or of the tenants. While it does, the guardrail compares its failures, denials and latency with
those of its predecessor, and rolls it back by itself when they leave their bounds.

Naming the candidate again with another percentage changes the share. A candidate that fails at a hook that
calls nobody is no caller's trouble: what serves answers in its place.`,
		Example: `  usher plugin canary company-domain@1.1.0 --percent 10
  usher plugin canary company-domain@1.1.0 --percent 50 --by tenant`,
		Args: one("a version"),
	}, body, func(args []string) error { body.Version = args[0]; return nil })
	cmd.Flags().Float64Var(&body.Percent, "percent", 0, "the share, above 0 and up to 100")
	cmd.Flags().StringVar(&body.By, "by", "run", "what it is a share of: run or tenant")
	return cmd
}

func newPluginShadow() *cobra.Command {
	body := &releaseBody{Kind: "shadow"}
	return releasing(&cobra.Command{
		Use:   "shadow PLUGIN@VERSION|DIGEST",
		Short: "Ask a version about copies of live calls, for nobody to see",
		Long: `The candidate is asked what its predecessor was asked, after the answer has left. It can do nothing outside: what
it calls out for is answered from what the host answered its predecessor. Verdicts that differ, and what both
cost, are shown by usher plugin status.`,
		Example: `  usher plugin shadow company-domain@1.1.0`,
		Args:    one("a version"),
	}, body, func(args []string) error { body.Version = args[0]; return nil })
}

func newPluginPromote() *cobra.Command {
	body := &releaseBody{Kind: "promote"}
	cmd := releasing(&cobra.Command{
		Use:   "promote PLUGIN",
		Short: "Have the candidate of a plugin serve",
		Long: `Makes a release in which the candidate serves. It is refused while the candidate costs more than its
predecessor by more than the bounds, or was found to be worse; --force with a reason promotes it all the same.`,
		Example: `  usher plugin promote company-domain`,
		Args:    one("a plugin"),
	}, body, func(args []string) error { body.Plugin = args[0]; return nil })
	cmd.Flags().BoolVar(&body.Force, "force", false, "promote it whatever was found; wants --reason")
	cmd.Flags().BoolVar(&body.Now, "now", false, "serve it when the first replica is ready, on the others as soon as they are")
	return cmd
}

func newPluginWithdraw() *cobra.Command {
	body := &releaseBody{Kind: "withdraw", Now: true}
	return releasing(&cobra.Command{
		Use:   "withdraw PLUGIN",
		Short: "Take the candidate of a plugin away, or the plugin",
		Long: `Makes a release without the candidate. Where none is tried it takes the plugin itself out of the release, which
wants a reason: the file that the configuration may have for it serves then, or nothing.`,
		Example: `  usher plugin withdraw company-domain`,
		Args:    one("a plugin"),
	}, body, func(args []string) error { body.Plugin = args[0]; return nil })
}

func newPluginRollback() *cobra.Command {
	body := &releaseBody{Kind: "rollback"}
	var to int64
	var cmd *cobra.Command
	cmd = releasing(&cobra.Command{
		Use:   "rollback --reason TEXT [--to RELEASE]",
		Short: "Serve as before, on every replica, at once",
		Long: `Makes a release with the content of the one that served before, or of the one that --to names; --to 0 is
before the first release, when every plugin was as the configuration has it. It waits for nobody: each
replica has the last release compiled and warm, and flips when it hears of it. What is being prepared is given up.

A second rollback goes further back, not forth. Runs of activation end with the versions that they began with; revoke or
quarantine a version to have nobody served by it.`,
		Example: `  usher plugin rollback --reason "signups of gmail.com are denied"
  usher plugin rollback --to 12 --reason "INC-231"`,
		Args: onlyFlags,
	}, body, func([]string) error {
		if cmd.Flags().Changed("to") {
			body.To = &to
		}
		if body.Reason == "" {
			return usageError{errors.New("usher plugin rollback needs --reason: a few words for whoever comes after you")}
		}
		return nil
	})
	cmd.Flags().Int64Var(&to, "to", 0, "the `number` of a release that served")
	return cmd
}

func newPluginServe() *cobra.Command {
	var wait time.Duration
	cmd := operating(&cobra.Command{
		Use:   "serve RELEASE",
		Short: "Have a release serve that waits for a replica",
		Long: `A release that is being prepared serves when every live replica is ready. This does not wait: those that are ready
flip now, the others when they can. One that no replica has ready is refused: nobody could serve it.`,
		Example: `  usher plugin serve 14`,
		Args:    one("the number of a release"),
	}, func(cmd *cobra.Command, h *host, args []string) error {
		number, err := strconv.ParseInt(args[0], 10, 64)
		if err != nil {
			return usageError{fmt.Errorf("%q is no number of a release", args[0])}
		}
		began := time.Now()
		if err := h.post(cmd.Context(), fmt.Sprintf("%s/%d/serve", releasesPath, number), nil, nil); err != nil {
			return err
		}
		return h.follow(cmd.Context(), number, began, wait)
	})
	cmd.Flags().DurationVar(&wait, "wait", serveWait, "how `long` to look whether every live replica serves it")
	return cmd
}

// serveWait is enough for those that are ready, and for one that died to count no more.
const serveWait = 10 * time.Second

// one is for a command with a single argument.
func one(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != 1 {
			return usageError{fmt.Errorf("%s takes %s, not %q", cmd.CommandPath(), what, args)}
		}
		return nil
	}
}

// follow waits until every live replica serves a release, or one after it, and prints how long
// each step took them.
func (h *host) follow(ctx context.Context, number int64, began time.Time, most time.Duration) error {
	quiet := *h
	quiet.raw = nil // what is polled is not what was asked for
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		var at rolloutAnswer
		if err := quiet.get(ctx, rolloutPath, &at); err != nil {
			return err
		}
		if at.servedBy(number) {
			took := time.Since(began).Round(time.Millisecond)
			if err := h.say("It serves on every live replica, %v after the command.", took); err != nil {
				return err
			}
			return h.printSwaps(at, number)
		}
		if at.Preparing == nil && at.Serving.Number < number {
			return quiet.gone(ctx, number)
		}
		if time.Since(began) > most {
			return at.late(number)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// gone says why a release came to nothing.
func (h *host) gone(ctx context.Context, number int64) error {
	var r releaseAnswer
	if err := h.get(ctx, fmt.Sprintf("%s/%d", releasesPath, number), &r); err != nil {
		return err
	}
	if r.Failure != "" {
		return fmt.Errorf("release %d failed, and what served before goes on everywhere: %s", number, r.Failure)
	}
	return fmt.Errorf("release %d is %s; look at usher plugin history", number, r.State)
}
