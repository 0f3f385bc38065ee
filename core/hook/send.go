package hook

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/go-json-experiment/json"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/hostapi/denial"
)

// MessageSend asks the plugin that adapts a provider to hand over a mail. The plugin
// never sees the link. The error means that the plugin failed; the answer then says
// whether it was asked and whether the link had left.
func (h *Hooks) MessageSend(ctx context.Context, plugin string, m core.Handover) (core.HandoverAnswer, error) {
	question := sendQuestion(m)
	data, err := json.Marshal(question)
	if err != nil {
		return core.HandoverAnswer{Unasked: true}, fmt.Errorf("encode the mail for its hook: %w", err)
	}
	var sent hostapi.MessageSent
	left := 0
	q := Question{
		Hook: hostapi.HookMessageSend, RunID: idOf(m.RunID), Release: m.Release, TenantID: idOf(m.TenantID), Data: data, Plugin: plugin, First: true,
		Substituted: &left,
		Judge: func(_ string, output []byte) (hostapi.Outcome, error) {
			o, err := decode[hostapi.MessageSent](output)
			if err != nil {
				return "", err
			}
			if o.Outcome != hostapi.Continue {
				return "", errors.New("a mail cannot be denied")
			}
			if err := checkSent(o.Data, question.Link != "" && left == 0); err != nil {
				return "", err
			}
			sent = o.Data
			return o.Outcome, nil
		},
	}
	if question.Link != "" {
		q.Substitutions = []Substitution{{Placeholder: question.Link, Value: m.Link}}
	}
	reply, err := h.ask(ctx, q)
	if err == nil && !reply.Bound {
		err = fmt.Errorf("no plugin %q is bound to %s", plugin, hostapi.HookMessageSend)
		reply.Unasked = true
	}
	if err != nil {
		return core.HandoverAnswer{Unasked: (reply.Unasked || errors.Is(err, errOff)) && left == 0, Left: left > 0}, err
	}
	return core.HandoverAnswer{
		Status: core.HandoverStatus(sent.Status), ProviderID: sent.ProviderID,
		RetryAfter: time.Duration(sent.RetryAfterS) * time.Second, Reason: sent.Reason, Left: left > 0,
	}, nil
}

func sendQuestion(m core.Handover) hostapi.MessageSend {
	q := hostapi.MessageSend{
		Provider: m.Provider, MessageID: m.MessageID, Attempt: m.Attempt, Kind: hostapi.MessageKind(m.Kind),
		From: hostapi.MailAddress{Name: m.FromName, Email: m.FromEmail}, To: m.To, Subject: m.Subject, Text: m.Text, HTML: m.HTML,
	}
	if !m.Link.IsZero() {
		q.Link = core.LinkPlaceholder
	}
	return q
}

// checkSent refuses what a plugin may not say of a mail. A mail whose link did not leave
// cannot have been accepted: nobody could act on it.
func checkSent(s hostapi.MessageSent, kept bool) error {
	switch s.Status {
	case hostapi.SendAccepted, hostapi.SendRetry, hostapi.SendRefused, hostapi.SendFailed:
	default:
		return errors.New("the status is none of accepted, retry, refused and failed")
	}
	if s.Status == hostapi.SendAccepted && kept {
		return errors.New("the mail was accepted, and its link left in no request")
	}
	if err := checkProviderID(s.ProviderID); err != nil {
		return err
	}
	later := s.Status == hostapi.SendRetry || s.Status == hostapi.SendRefused
	if s.RetryAfterS < 0 || s.RetryAfterS > hostapi.MaxRetryAfter || s.RetryAfterS > 0 && !later {
		return fmt.Errorf("retry_after_s is not from 0 to %d, or the status is neither retry nor refused", hostapi.MaxRetryAfter)
	}
	return checkReason(s.Reason)
}

func checkProviderID(id string) error {
	if len(id) > hostapi.MaxProviderID || strings.ContainsFunc(id, unicode.IsControl) {
		return fmt.Errorf("the provider_id is longer than %d bytes or has a control character", hostapi.MaxProviderID)
	}
	return nil
}

func checkReason(reason string) error {
	if reason != "" && (len(reason) > hostapi.MaxSendReason || !denial.IsCode(reason)) {
		return errors.New("the reason is not short and in snake_case")
	}
	return nil
}
