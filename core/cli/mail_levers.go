package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
)

// requeueBody says which mails are to be tried now.
type requeueBody struct {
	Stuck  bool     `json:"stuck,omitzero"`
	Dead   bool     `json:"dead,omitzero"`
	IDs    []string `json:"ids,omitzero"`
	DryRun bool     `json:"dry_run,omitzero"`
	Reason string   `json:"reason,omitzero"`
}

type requeuedAnswer struct {
	Requeued int64 `json:"requeued"`
	Accepted int64 `json:"accepted"`
	Running  int64 `json:"running"`
	Unknown  int64 `json:"unknown"`
	More     bool  `json:"more"`
}

func newMailRequeue() *cobra.Command {
	var body requeueBody
	cmd := operating(&cobra.Command{
		Use:   "requeue --stuck|--dead|ID…",
		Short: "Have mails tried now",
		Long: `Has mails tried now that are stuck, that were given up, or that are named by the ids of usher mail list. No mail that
was accepted is sent again: such a one is recorded as sent. What must not leave any more, because its invitation
was revoked or its link is over, does not leave. The attempts of a mail that was given up begin anew.`,
		Example: `  usher mail requeue --dead --dry-run
  usher mail requeue --dead --reason "the relay was misconfigured"
  usher mail requeue 01890a5d-ac96-774b-bcce-b302099a8057`,
		Args: func(_ *cobra.Command, args []string) error {
			ways := len(args)
			for _, set := range []bool{body.Stuck, body.Dead} {
				if set {
					ways++
				}
			}
			if ways == 0 || ways > 1 && (body.Stuck || body.Dead) {
				return usageError{errors.New("usher mail requeue takes one of --stuck, --dead and the ids of mails")}
			}
			return nil
		},
	}, func(cmd *cobra.Command, h *host, args []string) error {
		body.IDs = args
		var done requeuedAnswer
		if err := h.post(cmd.Context(), mailPath+"/requeue", body, &done); err != nil {
			return err
		}
		return h.sayRequeued(done, body.DryRun)
	})
	cmd.Flags().BoolVar(&body.Stuck, "stuck", false, "those whose process died")
	cmd.Flags().BoolVar(&body.Dead, "dead", false, "those that were given up")
	cmd.Flags().BoolVar(&body.DryRun, "dry-run", false, "only say how many")
	cmd.Flags().StringVar(&body.Reason, "reason", "", "why, for the audit")
	return cmd
}

func (h *host) sayRequeued(a requeuedAnswer, dry bool) error {
	word := "are tried now"
	if dry {
		word = "would be tried"
	}
	if err := h.say("%d mails %s.", a.Requeued, word); err != nil {
		return err
	}
	for _, line := range []struct {
		n    int64
		says string
	}{
		{a.Accepted, "were accepted before, and are not sent again"},
		{a.Running, "are under way, and are left alone"},
		{a.Unknown, "have no job any more: they left, or were given up long ago"},
	} {
		if line.n > 0 {
			if err := h.say("%d %s.", line.n, line.says); err != nil {
				return err
			}
		}
	}
	if a.More {
		return h.say("There are more than are looked at in one go. Run it again, once these have had their try.")
	}
	return nil
}

func newMailPause() *cobra.Command {
	var reason string
	cmd := operating(&cobra.Command{
		Use:   "pause --reason TEXT",
		Short: "Keep all mails in the queue, on every replica, until usher mail resume",
		Long: `Keeps all mails in the queue, on every replica and over restarts. What is under way ends. Signups and invitations go on;
their mails wait. A replica that cannot hear of it at once stops within a minute.`,
		Example: `  usher mail pause --reason "wrong template is live"`,
		Args:    onlyFlags,
	}, func(cmd *cobra.Command, h *host, _ []string) error {
		if reason == "" {
			return usageError{fmt.Errorf("%s needs --reason", cmd.CommandPath())}
		}
		if err := h.post(cmd.Context(), mailPath+"/pause", map[string]string{"reason": reason}, nil); err != nil {
			return err
		}
		return h.say("No mail leaves until: usher mail resume")
	})
	cmd.Flags().StringVar(&reason, "reason", "", "why, on one line")
	return cmd
}

func newMailResume() *cobra.Command {
	var reason string
	cmd := operating(&cobra.Command{
		Use:     "resume",
		Short:   "Let mails leave again",
		Long:    `Ends a pause. Each mail is looked at anew when it leaves: what was revoked or ran out meanwhile stays.`,
		Example: `  usher mail resume`,
		Args:    onlyFlags,
	}, func(cmd *cobra.Command, h *host, _ []string) error {
		if err := h.post(cmd.Context(), mailPath+"/resume", map[string]string{"reason": reason}, nil); err != nil {
			return err
		}
		return h.say("Mails leave again.")
	})
	cmd.Flags().StringVar(&reason, "reason", "", "why, for the audit")
	return cmd
}

func newMailTest() *cobra.Command {
	var to, provider string
	cmd := operating(&cobra.Command{
		Use:   "test --to ADDRESS [--provider NAME]",
		Short: "Hand a harmless mail to a provider, and tell its answer",
		Long: `Hands a mail that is nobody's to a provider the way that every mail goes, and tells what it answers. It has no link.
A provider that is shut is tried all the same, and taken up again when it accepts.`,
		Example: `  usher mail test --to you@example.com --provider relay`,
		Args:    onlyFlags,
	}, func(cmd *cobra.Command, h *host, _ []string) error {
		if to == "" {
			return usageError{fmt.Errorf("%s needs --to", cmd.CommandPath())}
		}
		var a struct {
			Provider  string  `json:"provider"`
			Accepted  bool    `json:"accepted"`
			MessageID string  `json:"message_id"`
			Class     string  `json:"class"`
			Stage     string  `json:"stage"`
			Code      string  `json:"code"`
			Seconds   float64 `json:"seconds"`
		}
		if err := h.post(cmd.Context(), mailPath+"/test", map[string]string{"to": to, "provider": provider}, &a); err != nil {
			return err
		}
		if !a.Accepted {
			return fmt.Errorf("%s did not take the mail: %s at %s %s (after %.3f s)", a.Provider, a.Class, a.Stage, a.Code, a.Seconds)
		}
		return h.say("%s took the mail in %.3f s; its name is %s.", a.Provider, a.Seconds, a.MessageID)
	})
	cmd.Flags().StringVar(&to, "to", "", "`address` of the mailbox")
	cmd.Flags().StringVar(&provider, "provider", "", "`name` of the provider (the first)")
	return cmd
}

func newMailResend() *cobra.Command {
	var last int
	var toSink bool
	cmd := operating(&cobra.Command{
		Use:   "resend --last N --to-sink",
		Short: "Make the last mails once more, for the sink alone",
		Long: `Makes the last mails once more, as they would be made now, and hands the copies to the sink of the host that is asked,
never to their recipients or a provider. Read them at /sink of the operators' listener. Where a mail has its link, a
copy has dead text: nobody can sign in with it.`,
		Example: `  usher mail resend --last 5 --to-sink`,
		Args:    onlyFlags,
	}, func(cmd *cobra.Command, h *host, _ []string) error {
		if !toSink {
			return usageError{fmt.Errorf("%s needs --to-sink: mails are made once more for the sink only; usher has no way to send a mail again to a person but a new invitation or link", cmd.CommandPath())}
		}
		var list struct {
			Data []struct {
				MessageID string `json:"message_id"`
				Kind      string `json:"kind"`
				To        string `json:"to"`
				Failure   string `json:"failure"`
			} `json:"data"`
		}
		if err := h.post(cmd.Context(), mailPath+"/resend", map[string]any{"last": last, "to_sink": true}, &list); err != nil {
			return err
		}
		err := h.table(func(row func(cells ...any)) {
			row("MESSAGE", "KIND", "TO", "COPY")
			for _, m := range list.Data {
				outcome := "in the sink"
				if m.Failure != "" {
					outcome = m.Failure
				}
				row(m.MessageID, m.Kind, m.To, outcome)
			}
		})
		if err != nil {
			return err
		}
		return h.say("Read them at %s/sink. Their links are dead text.", h.url)
	})
	cmd.Flags().IntVar(&last, "last", 5, "how many, up to 50")
	cmd.Flags().BoolVar(&toSink, "to-sink", false, "to the sink, which is the only place")
	return cmd
}
