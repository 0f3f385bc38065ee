package cli

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

const webhooksPath = "/admin/v1/webhooks"

func newWebhook() *cobra.Command {
	group := &cobra.Command{
		Use:   "webhook",
		Short: "Have events sent to addresses, and see what became of them",
		Long: `An endpoint is an address that is sent events as Standard Webhooks: signed, with one id over all attempts, again for
five days when it does not take them. Tenants manage their own over the public API; these commands see all of them, and
add those that get every tenant's events.`,
		Args: onlyCommands,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	group.AddCommand(newWebhookAdd(), newWebhookList(), newWebhookShow(), newWebhookRotate(), newWebhookSwitch(false), newWebhookSwitch(true),
		newWebhookRemove(), newWebhookTest(), newWebhookReplay(), newWebhookDeliveries())
	return group
}

type webhookAnswer struct {
	ID             string    `json:"id"`
	TenantID       string    `json:"tenant_id"`
	URL            string    `json:"url"`
	Types          []string  `json:"types"`
	Status         string    `json:"status"`
	DisabledReason string    `json:"disabled_reason"`
	DisabledAt     time.Time `json:"disabled_at"`
	FailingSince   time.Time `json:"failing_since"`
	PreviousUntil  time.Time `json:"previous_secret_until"`
	CreatedAt      time.Time `json:"created_at"`
	Secret         string    `json:"secret"`
}

func (w webhookAnswer) state() string {
	switch {
	case w.DisabledReason != "":
		return "disabled: " + w.DisabledReason
	case !w.FailingSince.IsZero():
		return "failing"
	}
	return w.Status
}

var anEndpoint = onlyOne("an endpoint, by its id") //nolint:gochecknoglobals // what most of these commands take

func webhookPath(id string) string { return webhooksPath + "/" + url.PathEscape(id) }

func newWebhookAdd() *cobra.Command {
	var types string
	cmd := operating(&cobra.Command{
		Use:     "add URL",
		Short:   "Have every tenant's events sent to an address from now on",
		Long:    `Makes an endpoint and prints its secret, which is shown this once.`,
		Example: `  usher webhook add https://hooks.example.com/usher --types ActivationCompleted`,
		Args:    onlyOne("an address"),
	}, func(cmd *cobra.Command, h *host, args []string) error {
		body := map[string]any{"url": args[0]}
		if types != "" {
			body["types"] = strings.Split(types, ",")
		}
		var w webhookAnswer
		if err := h.post(cmd.Context(), webhooksPath, body, &w); err != nil {
			return err
		}
		return h.say("%s\nsecret  %s\nIt is not shown again.", w.ID, w.Secret)
	})
	cmd.Flags().StringVar(&types, "types", "", "only these types of events, with commas between them")
	return cmd
}

func newWebhookList() *cobra.Command {
	return operating(&cobra.Command{
		Use:     "list",
		Short:   "List the endpoints, those of tenants included",
		Example: `  usher webhook list`,
		Args:    onlyFlags,
	}, func(cmd *cobra.Command, h *host, _ []string) error {
		var answer struct {
			Data []webhookAnswer `json:"data"`
		}
		if err := h.get(cmd.Context(), webhooksPath, &answer); err != nil {
			return err
		}
		return h.table(func(row func(cells ...any)) {
			row("ID", "TENANT", "STATE", "TYPES", "URL")
			for _, w := range answer.Data {
				row(w.ID, orDash(w.TenantID), w.state(), orDash(strings.Join(w.Types, ",")), w.URL)
			}
		})
	})
}

func orDash(text string) string {
	if text == "" {
		return "–"
	}
	return text
}

func newWebhookShow() *cobra.Command {
	return operating(&cobra.Command{
		Use: "show ID", Short: "Show one endpoint", Example: `  usher webhook show 01932f0e-7e7a-7cc2-8a57-0c1de9a1b2c3`, Args: anEndpoint,
	}, func(cmd *cobra.Command, h *host, args []string) error {
		var w webhookAnswer
		if err := h.get(cmd.Context(), webhookPath(args[0]), &w); err != nil {
			return err
		}
		return h.table(func(row func(cells ...any)) {
			row("id", w.ID)
			row("url", w.URL)
			row("tenant", orDash(w.TenantID))
			row("types", orDash(strings.Join(w.Types, ",")))
			row("state", w.state())
			row("disabled", instant(w.DisabledAt))
			row("failing since", instant(w.FailingSince))
			row("secret before signs until", instant(w.PreviousUntil))
			row("made", instant(w.CreatedAt))
		})
	})
}

func newWebhookRotate() *cobra.Command {
	var overlap time.Duration
	cmd := operating(&cobra.Command{
		Use:     "rotate ID",
		Short:   "Give an endpoint a new secret",
		Long:    `Prints the new secret, which is shown this once. For as long as --overlap, what is sent is signed with the one before too.`,
		Example: `  usher webhook rotate 01932f0e-7e7a-7cc2-8a57-0c1de9a1b2c3 --overlap 1h`, Args: anEndpoint,
	}, func(cmd *cobra.Command, h *host, args []string) error {
		var w webhookAnswer
		if err := h.post(cmd.Context(), webhookPath(args[0])+"/rotate", map[string]int64{"overlap_seconds": int64(overlap / time.Second)}, &w); err != nil {
			return err
		}
		return h.say("secret  %s\nIt is not shown again. The one before signs until %s.", w.Secret, instant(w.PreviousUntil))
	})
	cmd.Flags().DurationVar(&overlap, "overlap", 24*time.Hour, "how long both sign")
	return cmd
}

func newWebhookSwitch(on bool) *cobra.Command {
	use, short, long := "disable", "Send an endpoint nothing any more", "What happens meanwhile waits for it."
	if on {
		use, short, long = "enable", "Send an endpoint events again", "What it missed is sent first, in its order."
	}
	return operating(&cobra.Command{
		Use: use + " ID", Short: short, Long: long, Example: "  usher webhook " + use + " 01932f0e-7e7a-7cc2-8a57-0c1de9a1b2c3", Args: anEndpoint,
	}, func(cmd *cobra.Command, h *host, args []string) error {
		var w webhookAnswer
		if err := h.call(cmd.Context(), http.MethodPatch, webhookPath(args[0]), map[string]bool{"enabled": on}, &w); err != nil {
			return err
		}
		return h.say("%s is %s.", w.ID, w.state())
	})
}

func newWebhookRemove() *cobra.Command {
	return operating(&cobra.Command{
		Use: "remove ID", Short: "Remove an endpoint, with all that waits for it", Example: `  usher webhook remove 01932f0e-7e7a-7cc2-8a57-0c1de9a1b2c3`, Args: anEndpoint,
	}, func(cmd *cobra.Command, h *host, args []string) error {
		if err := h.call(cmd.Context(), http.MethodDelete, webhookPath(args[0]), nil, nil); err != nil {
			return err
		}
		return h.say("%s is removed.", args[0])
	})
}

type attemptAnswer struct {
	EventID    string    `json:"event_id"`
	EventType  string    `json:"event_type"`
	Attempt    int       `json:"attempt"`
	Time       time.Time `json:"time"`
	Status     int       `json:"status"`
	DurationMS int64     `json:"duration_ms"`
	Error      string    `json:"error"`
}

func newWebhookTest() *cobra.Command {
	return operating(&cobra.Command{
		Use: "test ID", Short: "Send an endpoint an event now, and say what it answered",
		Long: `The event is of type webhook.test. The command fails when the endpoint does not take it.`, Example: `  usher webhook test 01932f0e-7e7a-7cc2-8a57-0c1de9a1b2c3`, Args: anEndpoint,
	}, func(cmd *cobra.Command, h *host, args []string) error {
		var a attemptAnswer
		if err := h.post(cmd.Context(), webhookPath(args[0])+"/test", nil, &a); err != nil {
			return err
		}
		if a.Error != "" {
			return fmt.Errorf("the endpoint did not take it: %s, status %d, after %d ms", a.Error, a.Status, a.DurationMS)
		}
		return h.say("The endpoint took it: status %d after %d ms.", a.Status, a.DurationMS)
	})
}

func newWebhookReplay() *cobra.Command {
	var since, event, reason string
	cmd := operating(&cobra.Command{
		Use:   "replay ID --since TIME|--event ID --reason TEXT",
		Short: "Send an endpoint events again",
		Long: `Sends again what the endpoint took or what was given up: events since a time, 10,000 at most, or one. Each has the id that it
had, so that a receiver can tell.`,
		Example: `  usher webhook replay 01932f0e-7e7a-7cc2-8a57-0c1de9a1b2c3 --since 2026-11-24T12:00:00Z --reason "their database was restored"`, Args: anEndpoint,
	}, func(cmd *cobra.Command, h *host, args []string) error {
		if reason == "" || (since == "") == (event == "") {
			return usageError{fmt.Errorf("%s needs --reason, and either --since or --event", cmd.CommandPath())}
		}
		body := map[string]string{"reason": reason}
		if event != "" {
			body["event_id"] = event
		} else {
			body["since"] = since
		}
		var answer struct {
			Events int  `json:"events"`
			More   bool `json:"more"`
		}
		if err := h.post(cmd.Context(), webhookPath(args[0])+"/replay", body, &answer); err != nil {
			return err
		}
		if answer.More {
			return h.say("%d events are sent again, the oldest; there are others. Run it again with a later --since.", answer.Events)
		}
		return h.say("%d events are sent again.", answer.Events)
	})
	cmd.Flags().StringVar(&since, "since", "", "a `time` such as 2026-11-24T12:00:00Z")
	cmd.Flags().StringVar(&event, "event", "", "the `id` of one event")
	cmd.Flags().StringVar(&reason, "reason", "", "why, on one line")
	return cmd
}

func newWebhookDeliveries() *cobra.Command {
	var limit int
	cmd := operating(&cobra.Command{
		Use: "deliveries ID", Short: "List the last attempts at an endpoint, the newest first", Example: `  usher webhook deliveries 01932f0e-7e7a-7cc2-8a57-0c1de9a1b2c3`, Args: anEndpoint,
	}, func(cmd *cobra.Command, h *host, args []string) error {
		var answer struct {
			Data []attemptAnswer `json:"data"`
		}
		if err := h.get(cmd.Context(), webhookPath(args[0])+"/deliveries?limit="+strconv.Itoa(limit), &answer); err != nil {
			return err
		}
		return h.table(func(row func(cells ...any)) {
			row("TIME", "EVENT", "TYPE", "ATTEMPT", "STATUS", "MS", "ERROR")
			for _, a := range answer.Data {
				row(instant(a.Time), a.EventID, a.EventType, a.Attempt, a.Status, a.DurationMS, orDash(a.Error))
			}
		})
	})
	cmd.Flags().IntVar(&limit, "limit", 50, "how many at most")
	return cmd
}
