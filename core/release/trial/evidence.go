package trial

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/release/guard"
)

// Evidence is why a candidate was taken back, as it is kept with its trial.
type Evidence struct {
	Plugin  string          `json:"plugin"`
	Digest  string          `json:"digest"`
	Version string          `json:"version"`
	Against string          `json:"against"` // the digest of its predecessor
	Before  string          `json:"before"`  // its predecessor's version
	Release int64           `json:"release"` // that tried it
	Since   time.Time       `json:"since"`
	Alarm   *guard.Alarm    `json:"alarm"`
	Hooks   map[string]Arms `json:"hooks"` // what both did, in the whole rollout
	Text    string          `json:"text"`  // all of it, for a person
}

func (w *Watch) evidence(ctx context.Context, t core.PluginTrial, s state) Evidence {
	e := Evidence{
		Plugin: t.Plugin, Digest: t.Digest, Version: w.label(ctx, t.Digest), Against: t.Against, Before: w.label(ctx, t.Against),
		Release: t.Release, Since: s.Guard.First, Alarm: s.Guard.Alarm, Hooks: s.Totals,
	}
	e.Text = e.write()
	return e
}

// label is how people call a version; its digest when the registry cannot say.
func (w *Watch) label(ctx context.Context, digest string) string {
	v, err := w.Versions.Find(ctx, digest)
	if err != nil {
		return short(digest)
	}
	return v.Version
}

func short(digest string) string { return digest[:min(12, len(digest))] }

func (e Evidence) write() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s (%s) was taken back and quarantined; %s (%s) answers all runs.\n", e.Plugin, e.Version, short(e.Digest), e.Before, short(e.Against))
	fmt.Fprintf(&b, "It was tried in release %d, since %s.\n\n", e.Release, e.Since.UTC().Format(time.RFC3339))
	b.WriteString(e.Alarm.String())
	b.WriteString("\nWhat both did in the whole rollout:\n")
	for _, hook := range sorted(e.Hooks) {
		arms := e.Hooks[hook]
		fmt.Fprintf(&b, "  %s\n    candidate   %s\n    predecessor %s\n", hook, sayCounts(arms.Candidate), sayCounts(arms.Serving))
	}
	fmt.Fprintf(&b, "\nNothing has to be done now. What the candidate changed: usher plugin diff %d. When it is harmless after all:\n  usher plugin clear %s --reason \"…\"\n",
		e.Release, short(e.Digest))
	return b.String()
}

func sayCounts(n guard.Counts) string {
	return fmt.Sprintf("%d runs, %d failed, %d denied, p50 %v, p99 %v", n.Runs, n.Failed, n.Denied,
		n.Latency.Quantile(0.50).Round(time.Microsecond), n.Latency.Quantile(0.99).Round(time.Microsecond))
}

// EvidenceOf is why an automatic release was made; nil for another.
func (w *Watch) EvidenceOf(ctx context.Context, r core.PluginRelease) (*Evidence, error) {
	if !r.Automatic {
		return nil, nil //nolint:nilnil // there is nothing to show, and nothing is wrong
	}
	t, found, err := w.Store.PluginTrialEndedBy(ctx, r.Number)
	if err != nil || !found {
		return nil, err
	}
	var e Evidence
	if err := json.Unmarshal(t.Evidence, &e); err != nil {
		return nil, fmt.Errorf("the evidence of release %d: %w", r.Number, err)
	}
	return &e, nil
}
