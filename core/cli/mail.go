package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

const mailPath = "/admin/v1/mail"

func newMail() *cobra.Command {
	group := &cobra.Command{
		Use:   "mail",
		Short: "See why mails do not leave, and do something about it",
		Long: `These ask the host that runs on data_dir, or the one of --operator:

  how it stands            usher mail status
  which mails wait         usher mail list --state stuck|dead|retrying|scheduled
  have them tried now      usher mail requeue --stuck, --dead, or by ID
  keep all back            usher mail pause --reason TEXT, usher mail resume
  try a provider           usher mail test --to ADDRESS
  see how mails look       usher mail resend --last 5 --to-sink
  who did what             usher mail audit
  hand over what bounced   usher mail bounce < MAIL
  sign mails               usher mail dkim keygen, usher mail dkim check`,
		Args: onlyCommands,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	group.AddCommand(newMailStatus(), newMailList(), newMailRequeue(), newMailPause(), newMailResume(), newMailTest(), newMailPreview(), newMailResend(), newAudit("mail"), newMailDKIM(), newMailBounce())
	return group
}

// mailsAnswer is how mails are, as the operator API shows it.
type mailsAnswer struct {
	Queue         map[string]int64 `json:"queue"`
	OldestSeconds float64          `json:"oldest_seconds"`
	Paused        *struct {
		At     time.Time `json:"at"`
		By     string    `json:"by"`
		Reason string    `json:"reason"`
	} `json:"paused"`
	Providers []struct {
		Name   string    `json:"name"`
		Up     bool      `json:"up"`
		Reason string    `json:"reason"`
		Since  time.Time `json:"since"`
	} `json:"providers"`
	Workers struct {
		Busy    int `json:"busy"`
		Allowed int `json:"allowed"`
		Most    int `json:"most"`
	} `json:"workers"`
	Failures []struct {
		Reason   string `json:"reason"`
		Provider string `json:"provider"`
		Mails    int64  `json:"mails"`
	} `json:"failures"`
	FailuresSeconds float64 `json:"failures_seconds"`
	Paced           []struct {
		Domain          string    `json:"domain"`
		WaitSeconds     float64   `json:"wait_seconds"`
		BulkWaitSeconds float64   `json:"bulk_wait_seconds"`
		PausedUntil     time.Time `json:"paused_until"`
		Reason          string    `json:"reason"`
	} `json:"paced"`
}

func newMailStatus() *cobra.Command {
	return operating(&cobra.Command{
		Use:   "status",
		Short: "Say how the queue of mails, the providers and the workers are",
		Long: `Says how many mails wait in which state and how old the oldest is, whether an operator paused them, which providers
take mails and why not, how many workers are busy, which domains are paced, and why mails failed in the last
15 minutes. The queue is that of all replicas; providers and workers are those of the replica that is asked.`,
		Example: `  usher mail status`,
		Args:    onlyFlags,
	}, func(cmd *cobra.Command, h *host, _ []string) error {
		var a mailsAnswer
		if err := h.get(cmd.Context(), mailPath, &a); err != nil {
			return err
		}
		return errors.Join(h.showQueue(a), h.showProviders(a), h.showTroubles(a))
	})
}

func (h *host) showQueue(a mailsAnswer) error {
	err := h.table(func(row func(cells ...any)) {
		row("STATE", "MAILS")
		for _, state := range []string{"ready", "running", "stuck", "retrying", "scheduled", "dead"} {
			row(state, a.Queue[state])
		}
	})
	if err != nil {
		return err
	}
	if a.OldestSeconds > 0 {
		err = h.say("The oldest that should have left was promised %s ago.", seconds(a.OldestSeconds))
	}
	if p := a.Paused; p != nil && err == nil {
		err = h.say("PAUSED since %s by %s: %s (usher mail resume)", instant(p.At), p.By, p.Reason)
	}
	if err != nil {
		return err
	}
	return h.say("Workers: %d busy of %d, at most %d.\n", a.Workers.Busy, a.Workers.Allowed, a.Workers.Most)
}

func (h *host) showProviders(a mailsAnswer) error {
	return h.table(func(row func(cells ...any)) {
		row("PROVIDER", "", "SINCE", "WHY")
		for _, p := range a.Providers {
			if p.Up {
				row(p.Name, "up", "", "")
			} else {
				row(p.Name, "SHUT", instant(p.Since), p.Reason)
			}
		}
	})
}

func (h *host) showTroubles(a mailsAnswer) error {
	if len(a.Failures) > 0 {
		err := errors.Join(h.say("\nFailures of the last %s:", seconds(a.FailuresSeconds)), h.table(func(row func(cells ...any)) {
			row("MAILS", "PROVIDER", "WHY")
			for _, f := range a.Failures {
				row(f.Mails, f.Provider, f.Reason)
			}
		}))
		if err != nil {
			return err
		}
	}
	if len(a.Paced) == 0 {
		return nil
	}
	return errors.Join(h.say("\nDomains whose mails wait for their turns:"), h.table(func(row func(cells ...any)) {
		row("DOMAIN", "WAIT", "OF LISTS", "PAUSED UNTIL", "WHY")
		for _, d := range a.Paced {
			row(d.Domain, seconds(d.WaitSeconds), seconds(d.BulkWaitSeconds), instant(d.PausedUntil), d.Reason)
		}
	}))
}

// seconds writes a time as a person says it.
func seconds(s float64) string {
	d := time.Duration(s * float64(time.Second))
	if d > time.Minute {
		return strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
	}
	return d.Round(time.Second).String()
}

// queueStates are what --state takes.
func queueStates() []string {
	return []string{"ready", "running", "stuck", "retrying", "scheduled", "dead"}
}

func checkState(state string) error {
	if state != "" && !slices.Contains(queueStates(), state) {
		return usageError{fmt.Errorf("--state is one of %s", strings.Join(queueStates(), ", "))}
	}
	return nil
}
