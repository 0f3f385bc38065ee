package cli

import (
	"errors"
	"strconv"
	"time"

	"github.com/spf13/cobra"
)

// newAudit lists what operators did; group is the command that it is below.
func newAudit(group string) *cobra.Command {
	var most int
	cmd := operating(&cobra.Command{
		Use:   "audit",
		Short: "Say who did what to mails, events and webhooks",
		Long: `Lists what operators did to mails, events and webhooks, the newest first. Names are as they gave them (--as):
whoever has the operator token may give any name.`,
		Example: "  usher " + group + " audit --limit 20",
		Args:    onlyFlags,
	}, func(cmd *cobra.Command, h *host, _ []string) error {
		if most < 1 || most > mostActs {
			return usageError{errors.New("--limit is from 1 to " + strconv.Itoa(mostActs))}
		}
		var page struct {
			Data []struct {
				Time    time.Time `json:"time"`
				Actor   string    `json:"actor"`
				Action  string    `json:"action"`
				Subject string    `json:"subject"`
				Reason  string    `json:"reason"`
			} `json:"data"`
		}
		if err := h.get(cmd.Context(), "/admin/v1/acts?limit="+strconv.Itoa(most), &page); err != nil {
			return err
		}
		return h.table(func(row func(cells ...any)) {
			row("TIME", "WHO", "WHAT", "TO", "WHY")
			for _, a := range page.Data {
				row(instant(a.Time), a.Actor, a.Action, a.Subject, a.Reason)
			}
		})
	})
	cmd.Flags().IntVar(&most, "limit", 50, "how many at most")
	return cmd
}
