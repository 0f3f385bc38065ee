package cli

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"
)

const callsPath = "/admin/v1/plugins/calls"

// callsAnswer are calls of plugins as the operator API gives them.
type callsAnswer struct {
	Last  int64        `json:"last"`
	Lost  int64        `json:"lost"`
	Calls []callAnswer `json:"calls"`
}

type callAnswer struct {
	Time        time.Time      `json:"time"`
	Plugin      string         `json:"plugin"`
	Version     string         `json:"version"`
	Role        string         `json:"role"`
	Hook        string         `json:"hook"`
	TenantID    string         `json:"tenant_id"`
	RunID       string         `json:"run_id"`
	Outcome     string         `json:"outcome"`
	Failure     string         `json:"failure"`
	DurationUS  int64          `json:"duration_us"`
	Fuel        int64          `json:"fuel"`
	MemoryBytes int64          `json:"memory_bytes"`
	Data        jsontext.Value `json:"data"`
	Output      jsontext.Value `json:"output"`
	Lines       []struct {
		Level string `json:"level"`
		Text  string `json:"text"`
	} `json:"lines"`
}

func newPluginLogs() *cobra.Command {
	return operating(&cobra.Command{
		Use:   "logs [PLUGIN]",
		Short: "Show the calls of plugins as they happen",
		Long: `Prints a line for each call of a plugin, or of all, that ends on the replica that is asked, from now on until
interrupted: the verdict or the failure, what it cost, and below it what the plugin logged. A host of usher dev shows
what the plugin was given of the question, and its answer, too; one in production does not, for it says much
of a person.`,
		Example: `  usher plugin logs company-domain`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageError{fmt.Errorf("%s takes the name of one plugin, or none for all, not %q", cmd.CommandPath(), args)}
			}
			return nil
		},
	}, func(cmd *cobra.Command, h *host, args []string) error {
		name := ""
		if len(args) == 1 {
			name = args[0]
		}
		begin, err := h.callsAfter(cmd.Context(), -1, name)
		if err != nil {
			return err
		}
		if err := h.say("Calls are shown as they end; ^C stops."); err != nil {
			return err
		}
		return h.showCalls(cmd.Context(), begin.Last, name)
	})
}

// showCalls prints what is called until the context ends, which is no error.
func (h *host) showCalls(ctx context.Context, after int64, plugin string) error {
	for {
		answer, err := h.callsAfter(ctx, after, plugin)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		if answer.Lost > 0 {
			if err := h.say("(%d calls came faster than they could be shown)", answer.Lost); err != nil {
				return err
			}
		}
		for _, c := range answer.Calls {
			if err := h.say("%s", c); err != nil {
				return err
			}
		}
		after = answer.Last
	}
}

func (h *host) callsAfter(ctx context.Context, after int64, plugin string) (answer callsAnswer, err error) {
	query := url.Values{"plugin": {plugin}}
	if after >= 0 {
		query.Set("after", fmt.Sprint(after))
		query.Set("wait_ms", "10000")
	}
	return answer, h.get(ctx, callsPath+"?"+query.Encode(), &answer)
}

// String is a call in a line, with what else is known of it below.
func (c callAnswer) String() string {
	verdict := c.Outcome
	if c.Failure != "" {
		verdict = "FAILED"
	}
	text := fmt.Sprintf("%s  %-19s %-8s %8s  %8d fuel  %s %s", c.Time.Local().Format("15:04:05.000"), c.Hook, verdict,
		time.Duration(c.DurationUS)*time.Microsecond, c.Fuel, c.Plugin, c.Version)
	if c.Role != "serving" {
		text += ", " + c.Role
	}
	for _, part := range []struct {
		name  string
		value string
	}{{"failure", c.Failure}, {"asked", string(c.Data)}, {"answered", string(c.Output)}} {
		if part.value != "" {
			text += fmt.Sprintf("\n    %-9s %s", part.name, part.value)
		}
	}
	for _, l := range c.Lines {
		text += fmt.Sprintf("\n    %-9s %s", l.Level, l.Text)
	}
	return text
}
