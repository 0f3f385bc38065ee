package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/spf13/cobra"
)

const replayPath = "/admin/v1/plugins/replay"

// replayAnswer is a replay as the operator API shows it.
type replayAnswer struct {
	ID            string         `json:"id"`
	Done          bool           `json:"done"`
	Plugin        string         `json:"plugin"`
	Candidate     replayedAnswer `json:"candidate"`
	Serving       replayedAnswer `json:"serving"`
	Samples       int            `json:"samples"`
	Agreed        int            `json:"agreed"`
	Changed       int            `json:"changed"`
	NotComparable map[string]int `json:"not_comparable"`
	Otherwise     int            `json:"otherwise"`
	Lost          map[string]int `json:"lost"`
	Stopped       string         `json:"stopped"`
	Changes       []struct {
		Hook    string        `json:"hook"`
		Time    time.Time     `json:"time"`
		Before  verdictAnswer `json:"before"`
		After   verdictAnswer `json:"after"`
		Members []string      `json:"members"`
	} `json:"changes"`
}

type replayedAnswer struct {
	Digest   string         `json:"digest"`
	Version  string         `json:"version"`
	Cost     costAnswer     `json:"cost"`
	Failures map[string]int `json:"failures"`
}

func newPluginReplay() *cobra.Command {
	var body struct {
		Version string `json:"version"`
		SinceS  int64  `json:"since_s"`
		Limit   int    `json:"limit"`
	}
	var since time.Duration
	var failOnChange bool
	cmd := operating(&cobra.Command{
		Use:   "replay PLUGIN@VERSION|DIGEST",
		Short: "Put recorded calls to a version, beside the one that serves",
		Long: `Asks a version, and the one that serves, what live calls asked, with what the host answered then, and lists the
verdicts that change and what each costs. Nothing has an effect. The calls are samples that the host keeps
when plugins.samples.rate is above 0, with stand-ins for what is personal: both are asked about the same
stand-ins. It runs on the replica that is asked, one at a time; Ctrl-C ends it.`,
		Example: `  usher plugin replay company-domain@1.1.0 --since 24h
  usher plugin replay 3f1c92aa --limit 200 --fail-on-change`,
		Args: onlyVersion,
	}, func(cmd *cobra.Command, h *host, args []string) error {
		body.Version, body.SinceS = args[0], int64(since/time.Second)
		if body.SinceS < 1 || body.Limit < 1 {
			return usageError{errors.New("--since is a time such as 24h, and --limit a number of samples")}
		}
		r, err := h.replay(cmd.Context(), &body)
		if err != nil {
			return err
		}
		if err := h.printReplay(r); err != nil {
			return err
		}
		if failOnChange && r.Changed > 0 {
			return fmt.Errorf("%d verdicts change", r.Changed)
		}
		return nil
	})
	cmd.Flags().DurationVar(&since, "since", 24*time.Hour, "how far back, such as `24h`")
	cmd.Flags().IntVar(&body.Limit, "limit", 1000, "how `many` samples at most, the newest")
	cmd.Flags().BoolVar(&failOnChange, "fail-on-change", false, "exit with 1 when a verdict changes")
	return cmd
}

// replay begins one and waits for its end; the host gives one up that nobody waits for. Only
// the last answer is printed as it came.
func (h *host) replay(ctx context.Context, body any) (r replayAnswer, err error) {
	raw := h.raw
	if raw != nil {
		h.raw = io.Discard
	}
	if err := h.post(ctx, replayPath, body, &r); err != nil {
		return r, err
	}
	path := replayPath + "/" + r.ID
	for !r.Done {
		if ctx.Err() != nil {
			return r, errors.Join(ctx.Err(), h.call(context.WithoutCancel(ctx), http.MethodDelete, path, nil, nil))
		}
		r = replayAnswer{}
		var last lastAnswer
		if raw != nil {
			h.raw = &last
		}
		if err := h.get(ctx, path, &r); err != nil && ctx.Err() == nil {
			return r, err
		}
		if raw != nil && r.Done {
			if _, err := raw.Write(last); err != nil {
				return r, err
			}
		}
	}
	return r, nil
}

// lastAnswer keeps what would be printed.
type lastAnswer []byte

// Write implements [io.Writer].
func (l *lastAnswer) Write(text []byte) (int, error) {
	*l = append(*l, text...)
	return len(text), nil
}

func (h *host) printReplay(r replayAnswer) error {
	apart := 0
	for _, n := range r.NotComparable {
		apart += n
	}
	lines := []string{fmt.Sprintf("%s %s (%s) against %s (%s), on %d recorded calls:", r.Plugin, r.Candidate.Version, short(r.Candidate.Digest),
		r.Serving.Version, short(r.Serving.Digest), r.Samples)}
	if r.Stopped != "" {
		lines = append(lines, "It ended before its end, because "+r.Stopped+".")
	}
	lines = append(lines, fmt.Sprintf("  %d verdicts agree, %d change, %d cannot be compared.", r.Agreed, r.Changed, apart))
	for _, why := range counted(r.NotComparable) {
		lines = append(lines, "    "+why)
	}
	if r.Otherwise > 0 {
		lines = append(lines, fmt.Sprintf("  On %d calls what serves answers otherwise than it did then: its verdict depends on what is redacted, or it is another version.", r.Otherwise))
	}
	for _, key := range counted(r.Lost) {
		lines = append(lines, "  Samples that cannot be opened, as their key is not in the ring any more: "+key)
	}
	for _, line := range lines {
		if err := h.say("%s", line); err != nil {
			return err
		}
	}
	if err := h.table(func(row func(cells ...any)) {
		row("VERSION", "P50", "P99", "FUEL", "MEMORY", "FAILURES")
		for _, v := range []replayedAnswer{r.Serving, r.Candidate} {
			row(v.Version, v.Cost.p50(), v.Cost.p99(), v.Cost.fuel(), v.Cost.memory(), members(counted(v.Failures)))
		}
	}); err != nil || len(r.Changes) == 0 {
		return err
	}
	return h.table(func(row func(cells ...any)) {
		row("HOOK", "WHEN", "BEFORE", "AFTER", "DIFFERS IN")
		for _, c := range r.Changes {
			row(c.Hook, instant(c.Time), c.Before, c.After, members(c.Members))
		}
	})
}
