package cli

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"
)

const eventsPath = "/admin/v1/events"

func newEvents() *cobra.Command {
	group := &cobra.Command{
		Use:   "events",
		Short: "See what happened, who takes it, and what waits",
		Long: `Every change of state is an event in the same commit. Consumers take them: plugins at event.deliver, endpoints
(usher webhook), NATS. What a consumer does not take is parked, and behind it what came later of the same tenant.
These ask the host that runs on data_dir, or the one of --operator:

  see them as they come   usher events tail
  who is behind           usher events consumers
  what waits for one      usher events parked CONSUMER
  try it again at once    usher events retry CONSUMER --reason TEXT
  give one up             usher events skip CONSUMER EVENT --reason TEXT
  who did what            usher events audit`,
		Args: onlyCommands,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	group.AddCommand(newEventsTail(), newEventsConsumers(), newEventsParked(), newEventsAct("retry"), newEventsAct("skip"), newAudit("events"))
	return group
}

type consumerAnswer struct {
	Name       string    `json:"name"`
	Holder     string    `json:"holder"`
	LagSeconds float64   `json:"lag_seconds"`
	Parked     int64     `json:"parked"`
	Dead       int64     `json:"dead"`
	Oldest     time.Time `json:"oldest"`
}

func newEventsConsumers() *cobra.Command {
	return operating(&cobra.Command{
		Use:   "consumers",
		Short: "List who takes events, and how far each is",
		Long: `Lists each consumer with the age of the oldest event that it has not taken, how many events wait for it, how many
of those are not tried again by themselves, and the process that works for it.`,
		Example: `  usher events consumers`,
		Args:    onlyFlags,
	}, func(cmd *cobra.Command, h *host, _ []string) error {
		var answer struct {
			Data []consumerAnswer `json:"data"`
		}
		if err := h.get(cmd.Context(), eventsPath+"/consumers", &answer); err != nil {
			return err
		}
		return h.table(func(row func(cells ...any)) {
			row("CONSUMER", "LAG", "PARKED", "DEAD", "OLDEST", "HOLDER")
			for _, c := range answer.Data {
				row(c.Name, time.Duration(c.LagSeconds*float64(time.Second)).Round(time.Millisecond), c.Parked, c.Dead, instant(c.Oldest), c.Holder)
			}
		})
	})
}

type parkedAnswer struct {
	EventID  string    `json:"event_id"`
	Type     string    `json:"type"`
	TenantID string    `json:"tenant_id"`
	Time     time.Time `json:"time"`
	Attempts int       `json:"attempts"`
	NextAt   time.Time `json:"next_at"`
	DeadAt   time.Time `json:"dead_at"`
}

func newEventsParked() *cobra.Command {
	var dead bool
	var limit int
	cmd := operating(&cobra.Command{
		Use:     "parked CONSUMER",
		Short:   "List what waits for a consumer",
		Long:    `Lists parked events, the oldest first. One without attempts waits behind an earlier one of its tenant.`,
		Example: "  usher events parked event.deliver/crm\n  usher events parked webhook/01932f0e-7e7a-7cc2-8a57-0c1de9a1b2c3 --dead",
		Args:    onlyOne("a consumer, as usher events consumers names it"),
	}, func(cmd *cobra.Command, h *host, args []string) error {
		var answer struct {
			Data []parkedAnswer `json:"data"`
		}
		query := url.Values{"consumer": {args[0]}, "dead": {strconv.FormatBool(dead)}, "limit": {strconv.Itoa(limit)}}
		if err := h.get(cmd.Context(), eventsPath+"/parked?"+query.Encode(), &answer); err != nil {
			return err
		}
		return h.table(func(row func(cells ...any)) {
			row("EVENT", "TYPE", "TENANT", "TIME", "ATTEMPTS", "NEXT")
			for _, e := range answer.Data {
				next := instant(e.NextAt)
				if !e.DeadAt.IsZero() {
					next = "dead since " + instant(e.DeadAt)
				}
				row(e.EventID, e.Type, e.TenantID, instant(e.Time), e.Attempts, next)
			}
		})
	})
	cmd.Flags().BoolVar(&dead, "dead", false, "only what is not tried again by itself")
	cmd.Flags().IntVar(&limit, "limit", 50, "how many at most")
	return cmd
}

// newEventsAct makes the commands that do something to parked events.
func newEventsAct(action string) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:     "retry CONSUMER [EVENT] --reason TEXT",
		Short:   "Have what waits for a consumer tried again at once",
		Long:    "Begins anew with one parked event, or with all of a consumer's, those that were given up included. The reason stays in the audit.",
		Example: `  usher events retry event.deliver/crm --reason "the CRM is back"`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) < 1 || len(args) > 2 {
				return usageError{fmt.Errorf("%s takes a consumer, and may take an event, not %q", cmd.CommandPath(), args)}
			}
			return nil
		},
	}
	if action == "skip" {
		cmd.Use, cmd.Short = "skip CONSUMER EVENT --reason TEXT", "Have a consumer never take a parked event"
		cmd.Long = "The events behind it go on. The event itself stays in the history; the reason stays in the audit."
		cmd.Example = `  usher events skip event.deliver/crm 01932f0e-7e7a-7cc2-8a57-0c1de9a1b2c3 --reason "the CRM refuses it, see incident 12"`
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usageError{fmt.Errorf("%s takes a consumer and an event, not %q", cmd.CommandPath(), args)}
			}
			return nil
		}
	}
	cmd = operating(cmd, func(cmd *cobra.Command, h *host, args []string) error {
		if reason == "" {
			return usageError{fmt.Errorf("%s needs --reason", cmd.CommandPath())}
		}
		body := map[string]string{"consumer": args[0], "reason": reason}
		if len(args) == 2 {
			body["event_id"] = args[1]
		}
		var answer struct {
			Events int `json:"events"`
		}
		if err := h.post(cmd.Context(), eventsPath+"/parked/"+action, body, &answer); err != nil {
			return err
		}
		return h.say("%s of %s: %d", action, args[0], answer.Events)
	})
	cmd.Flags().StringVar(&reason, "reason", "", "why, on one line")
	return cmd
}

func newEventsTail() *cobra.Command {
	var types, tenant, after string
	cmd := operating(&cobra.Command{
		Use:   "tail",
		Short: "Show events as they are committed",
		Long: `Prints a line for each event from now on until interrupted, or from the cursor --after on, which --json shows
beside each. When the host ends the stream, it goes on where it was, or when there was no event yet, from then on.`,
		Example: `  usher events tail --types InvitationCreated,ActivationCompleted`,
		Args:    onlyFlags,
	}, func(cmd *cobra.Command, h *host, _ []string) error {
		query := url.Values{}
		for name, value := range map[string]string{"types": types, "tenant": tenant} {
			if value != "" {
				query.Set(name, value)
			}
		}
		return h.tail(cmd.Context(), eventsPath+"/stream?"+query.Encode(), after)
	})
	cmd.Flags().StringVar(&types, "types", "", "only these, with commas between them")
	cmd.Flags().StringVar(&tenant, "tenant", "", "only this tenant's, by its `id`")
	cmd.Flags().StringVar(&after, "after", "", "begin behind this `cursor`")
	return cmd
}

// tail prints a stream until the context ends, which is no error, and takes it up again where it was.
func (h *host) tail(ctx context.Context, path, after string) error {
	for {
		last, err := h.stream(ctx, path, after)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		after = last
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(comeBack):
		}
	}
}

// comeBack is how long a stream that ended is left alone.
const comeBack = time.Second

func (h *host) stream(ctx context.Context, path, after string) (last string, err error) {
	request, err := h.request(ctx, http.MethodGet, path, nil)
	if err != nil {
		return after, err
	}
	if last = after; after != "" {
		request.Header.Set("Last-Event-ID", after)
	}
	response, err := direct().Do(request)
	if err != nil {
		return after, h.unreachable(err)
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, maxAnswer)
	if response.StatusCode >= http.StatusBadRequest {
		var text bytes.Buffer
		for lines.Scan() {
			text.Write(lines.Bytes())
		}
		return after, h.refusal(response.StatusCode, text.Bytes())
	}
	id := ""
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ": ")
		switch name {
		case "id":
			id = value
		case "data":
			if last = id; h.showEvent(id, value) != nil {
				return last, fmt.Errorf("the host at %s tells what this program does not understand; use the same version of both", h.url)
			}
		}
	}
	return last, nil
}

func (h *host) showEvent(cursor, text string) error {
	if h.raw != nil {
		_, err := fmt.Fprintf(h.raw, "{\"cursor\":%q,\"event\":%s}\n", cursor, text)
		return err
	}
	var e struct {
		Type     string         `json:"type"`
		Subject  string         `json:"subject"`
		Time     time.Time      `json:"time"`
		TenantID string         `json:"tenantid"`
		Data     jsontext.Value `json:"data"`
	}
	if err := json.Unmarshal([]byte(text), &e); err != nil {
		return err
	}
	return h.say("%s  %-32s %s  %s  %s", e.Time.Local().Format("15:04:05.000"), e.Type, e.Subject, e.TenantID, e.Data)
}

// onlyOne is for a command that takes one argument.
func onlyOne(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != 1 || args[0] == "" {
			return usageError{fmt.Errorf("%s takes %s, not %q", cmd.CommandPath(), what, args)}
		}
		return nil
	}
}
