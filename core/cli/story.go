package cli

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

func newInvitation() *cobra.Command {
	group := &cobra.Command{
		Use:   "invitation",
		Short: "See what became of an invitation",
		Args:  onlyCommands,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	group.AddCommand(newTimeline())
	return group
}

func newTimeline() *cobra.Command {
	return operating(&cobra.Command{
		Use:   "timeline ID",
		Short: "Tell the story of one invitation",
		Long: `Tells what happened to an invitation, in the order of time, with the trace of each step: who made it, what plugins
said, who wrote its mails, which providers were tried and what they answered, whether the mail arrived, who opened its
links (a scanner is everything that did not act like a person), why uses of its links were refused, and how it ended.
The reasons of refusals are for operators alone. What mails did while every provider was down is not in it, and who
looked at a link in the last seconds may be missing.`,
		Example: `  usher invitation timeline 01890a5d-ac96-774b-bcce-b302099a8057`,
		Args:    cobra.ExactArgs(1),
	}, func(cmd *cobra.Command, h *host, args []string) error {
		var a struct {
			Data []struct {
				At      time.Time         `json:"at"`
				Step    string            `json:"step"`
				Detail  map[string]string `json:"detail"`
				TraceID string            `json:"trace_id"`
			} `json:"data"`
		}
		if err := h.get(cmd.Context(), "/admin/v1/invitations/"+url.PathEscape(args[0])+"/timeline", &a); err != nil {
			return err
		}
		return h.table(func(row func(cells ...any)) {
			row("TIME", "STEP", "DETAIL", "TRACE")
			for _, s := range a.Data {
				row(s.At.Local().Format("2006-01-02 15:04:05.000"), s.Step, details(s.Detail), s.TraceID)
			}
		})
	})
}

// details writes them in a fixed order.
func details(of map[string]string) string {
	var words []string
	for _, key := range slices.Sorted(maps.Keys(of)) {
		words = append(words, key+"="+of[key])
	}
	return strings.Join(words, " ")
}

// funnelAnswer is how far runs came, as the operator API shows it.
type funnelAnswer struct {
	Since  time.Time `json:"since"`
	Until  time.Time `json:"until"`
	By     []string  `json:"by"`
	Groups []struct {
		Of    map[string]string `json:"of"`
		Steps []struct {
			Step          string   `json:"step"`
			Count         int64    `json:"count"`
			Conversion    *float64 `json:"conversion"`
			MedianSeconds float64  `json:"median_seconds"`
			P90Seconds    float64  `json:"p90_seconds"`
		} `json:"steps"`
	} `json:"groups"`
	Truncated bool `json:"truncated"`
}

func newFunnel() *cobra.Command {
	var since, until, by string
	cmd := operating(&cobra.Command{
		Use:   "funnel [--since 24h] [--by template,provider]",
		Short: "Say how far people came, from the signup to the active account",
		Long: `Counts the runs that began in a time, and how far they have come by now. Signups are followed to their tenant and to
the first invitation from it, invitations to the account that they made active. The share and the times of a step are
those from the step before; at invitation_created the share is that of new tenants that invited somebody. What synthetic
users do is left out.`,
		Example: `  usher funnel
  usher funnel --since 168h --until 24h --by template,provider
  usher funnel --by plugin_version,locale`,
		Args: onlyFlags,
	}, func(cmd *cobra.Command, h *host, _ []string) error {
		query := url.Values{"since": {since}}
		for name, value := range map[string]string{"until": until, "by": by} {
			if value != "" {
				query.Set(name, value)
			}
		}
		var a funnelAnswer
		if err := h.get(cmd.Context(), "/admin/v1/funnel?"+query.Encode(), &a); err != nil {
			return err
		}
		return h.showFunnel(a)
	})
	cmd.Flags().StringVar(&since, "since", "24h", "`time` that the first run began at, or how long ago")
	cmd.Flags().StringVar(&until, "until", "", "`time` before which the last run began, or how long ago (now)")
	cmd.Flags().StringVar(&by, "by", "", "`dimensions` to tell runs apart by: template, provider, plugin_version, locale, tenant")
	return cmd
}

func (h *host) showFunnel(a funnelAnswer) error {
	if len(a.Groups) == 0 {
		return h.say("No run began from %s to %s.", instant(a.Since), instant(a.Until))
	}
	err := h.table(func(row func(cells ...any)) {
		head := []any{}
		for _, d := range a.By {
			head = append(head, strings.ToUpper(d))
		}
		row(append(head, "STEP", "RUNS", "SHARE", "MEDIAN", "P90")...)
		for _, g := range a.Groups {
			for _, s := range g.Steps {
				cells := []any{}
				for _, d := range a.By {
					cells = append(cells, cmp.Or(g.Of[d], "-"))
				}
				share, median, p90 := "", "", ""
				if s.Conversion != nil {
					share, median, p90 = fmt.Sprintf("%.1f %%", 100**s.Conversion), seconds(s.MedianSeconds), seconds(s.P90Seconds)
				}
				row(append(cells, s.Step, s.Count, share, median, p90)...)
			}
		}
	})
	if err == nil && a.Truncated {
		err = h.say("There were more runs or groups than are counted; ask for a shorter time or fewer dimensions.")
	}
	return err
}
