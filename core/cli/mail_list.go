package cli

import (
	"errors"
	"net/url"
	"strconv"
	"time"

	"github.com/spf13/cobra"
)

// queuedAnswer is a mail that has not left, as the operator API shows it.
type queuedAnswer struct {
	MessageID string    `json:"message_id"`
	Kind      string    `json:"kind"`
	To        string    `json:"to"`
	State     string    `json:"state"`
	Attempts  int       `json:"attempts"`
	Provider  string    `json:"provider"`
	Reason    string    `json:"reason"`
	NextTry   time.Time `json:"next_try"`
	TraceID   string    `json:"trace_id"`
}

// mostQueued is the most that the host gives in one answer.
const mostQueued = 1000

func newMailList() *cobra.Command {
	var state, tenant string
	var most int
	cmd := operating(&cobra.Command{
		Use:   "list [--state STATE] [--tenant ID]",
		Short: "List the mails that have not left, the newest first",
		Long: `Lists mails that wait, are under way or were given up, with why the last attempt failed and when the next is. Of
addresses it shows the first character and the domain. A mail is stuck when it is said to be under way for longer
than an attempt may last: its process died.`,
		Example: `  usher mail list --state dead --limit 20
  usher mail list --state retrying --tenant 01890a5d-ac96-774b-bcce-b302099a8057`,
		Args: onlyFlags,
	}, func(cmd *cobra.Command, h *host, _ []string) error {
		if err := checkState(state); err != nil {
			return err
		}
		if most < 1 {
			return usageError{errors.New("--limit is 1 or more")}
		}
		mails, err := h.queued(cmd, state, tenant, most)
		if err != nil {
			return err
		}
		if len(mails) == 0 {
			return h.say("There is none.")
		}
		return h.table(func(row func(cells ...any)) {
			row("MESSAGE", "KIND", "TO", "STATE", "ATTEMPTS", "NEXT", "PROVIDER", "WHY", "TRACE")
			for _, m := range mails {
				row(m.MessageID, m.Kind, m.To, m.State, m.Attempts, instant(m.NextTry), m.Provider, m.Reason, m.TraceID)
			}
		})
	})
	cmd.Flags().StringVar(&state, "state", "", "`state` of the mails: ready, running, stuck, retrying, scheduled or dead")
	cmd.Flags().StringVar(&tenant, "tenant", "", "`id` of the tenant that they belong to")
	cmd.Flags().IntVar(&most, "limit", 100, "how many at most")
	return cmd
}

// queued reads as many pages as are needed.
func (h *host) queued(cmd *cobra.Command, state, tenant string, most int) (all []queuedAnswer, err error) {
	query := url.Values{}
	for key, value := range map[string]string{"state": state, "tenant": tenant} {
		if value != "" {
			query.Set(key, value)
		}
	}
	for len(all) < most {
		var page struct {
			Data       []queuedAnswer `json:"data"`
			NextCursor string         `json:"next_cursor"`
		}
		query.Set("limit", strconv.Itoa(min(most-len(all), mostQueued)))
		if err := h.get(cmd.Context(), mailPath+"/messages?"+query.Encode(), &page); err != nil {
			return nil, err
		}
		all = append(all, page.Data...)
		if page.NextCursor == "" {
			break
		}
		query.Set("cursor", page.NextCursor)
	}
	return all, nil
}
