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
)

// MessageRender asks a plugin to write a mail. It gives false when the host is
// to write it: no plugin is bound, or each failed and its policy is native. The
// mail has the link placeholder in both parts when the view has a link. The
// error is not nil only when one failed whose policy is retry.
func (h *Hooks) MessageRender(ctx context.Context, view core.MessageView) (core.RenderedMessage, bool, error) {
	data, err := json.Marshal(question(view))
	if err != nil {
		return core.RenderedMessage{}, false, fmt.Errorf("encode the message for its hook: %w", err)
	}
	var mail hostapi.RenderedMessage
	reply, err := h.ask(ctx, Question{
		Hook: hostapi.HookMessageRender, RunID: view.RunID.String(), Release: view.Release, TenantID: idOf(view.Tenant.ID), Data: data, First: true,
		Judge: func(_ string, output []byte) (hostapi.Outcome, error) {
			o, err := decode[hostapi.RenderedMessage](output)
			if err != nil {
				return "", err
			}
			if o.Outcome != hostapi.Continue {
				return "", errors.New("a message cannot be denied")
			}
			if err := checkMail(o.Data, view.Link); err != nil {
				return "", err
			}
			mail = o.Data
			return o.Outcome, nil
		},
	})
	switch {
	case err != nil:
		return core.RenderedMessage{}, false, core.E(core.Unavailable, "The message cannot be written right now.").Because("hook_failed").Caused(err)
	case !reply.Bound:
		return core.RenderedMessage{}, false, nil
	}
	return core.RenderedMessage{
		Subject: mail.Subject, HTML: mail.HTML, Text: mail.Text, By: strings.TrimSpace(reply.Plugin + " " + reply.Version),
	}, true, nil
}

func question(v core.MessageView) hostapi.MessageRender {
	q := hostapi.MessageRender{
		Kind: hostapi.MessageKind(v.Kind), Locale: v.Locale, Tenant: hostapi.MessageTenant{Name: v.Tenant.Name, Slug: v.Tenant.Slug},
		RecipientName: v.RecipientName, InviterName: v.InviterName, Link: v.Link,
	}
	if !v.ExpiresAt.IsZero() {
		q.ExpiresAt = v.ExpiresAt.UTC().Format(time.RFC3339)
	}
	return q
}

// checkMail refuses a mail that must not leave: without its link nobody could
// act on it, and a line break in the subject could forge a header.
func checkMail(m hostapi.RenderedMessage, link string) error {
	if strings.TrimSpace(m.Subject) == "" || len(m.Subject) > hostapi.MaxSubject || strings.ContainsFunc(m.Subject, unicode.IsControl) {
		return fmt.Errorf("the subject is empty, longer than %d bytes, or has a control character", hostapi.MaxSubject)
	}
	for part, body := range map[string]string{"HTML": m.HTML, "text": m.Text} {
		if body == "" || len(body) > hostapi.MaxBodyPart || strings.ContainsRune(body, 0) {
			return fmt.Errorf("the %s part is empty, longer than %d bytes, or has a zero byte", part, hostapi.MaxBodyPart)
		}
		if link != "" && !strings.Contains(body, link) {
			return fmt.Errorf("the %s part lacks the link placeholder", part)
		}
	}
	return nil
}
