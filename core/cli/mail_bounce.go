package cli

import (
	"errors"
	"fmt"
	"io"
	"net/url"

	"github.com/spf13/cobra"

	"github.com/usher-id/usher/core/web/edge"
)

func newMailBounce() *cobra.Command {
	var to string
	cmd := operating(&cobra.Command{
		Use:   "bounce [--to ADDRESS] < MAIL",
		Short: "Hand a mail that came to the return path to the host",
		Long: `Reads one mail that came to mail.bounce.address and hands it to the host: a delivery status notification says that a mail
bounced, is late, or arrived, and a feedback report that somebody complained. Have the mail server of that mailbox call
it, for Exim:

  pipe_bounces:
    driver = pipe
    command = /usr/bin/usher mail bounce --to $local_part$local_part_suffix@$domain
    temp_errors = *

or for Postfix in /etc/aliases: bounces: "|/usr/bin/usher mail bounce". Name --operator and --token-file where the host's
configuration cannot be read. What says nothing of a mail of ours is ignored, which is no failure.`,
		Example: `  usher mail bounce < dsn.eml`,
		Args:    onlyFlags,
	}, func(cmd *cobra.Command, h *host, _ []string) error {
		text, err := io.ReadAll(io.LimitReader(cmd.InOrStdin(), edge.BodyReport+1))
		switch {
		case err != nil:
			return fmt.Errorf("read the mail: %w", err)
		case len(text) == 0:
			return usageError{fmt.Errorf("%s reads a mail from its standard input, which is empty", cmd.CommandPath())}
		case len(text) > edge.BodyReport:
			return errors.New("the mail is longer than 1 MiB, which no report is")
		}
		path := mailPath + "/bounces"
		if to != "" {
			path += "?" + url.Values{"to": {to}}.Encode()
		}
		var a struct {
			MessageID string `json:"message_id"`
			Status    string `json:"status"`
			Reason    string `json:"reason"`
			Outcome   string `json:"outcome"`
			Ignored   string `json:"ignored"`
		}
		if err := h.send(cmd.Context(), path, "message/rfc822", text, &a); err != nil {
			return err
		}
		if a.Ignored != "" {
			return h.say("Ignored: %s.", a.Ignored)
		}
		return h.say("%s: %s %s (%s)", a.MessageID, a.Status, a.Reason, a.Outcome)
	})
	cmd.Flags().StringVar(&to, "to", "", "`address` that it came to, where its own header may not say")
	return cmd
}
