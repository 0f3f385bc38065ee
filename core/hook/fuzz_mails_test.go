package hook_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/hook"
	"github.com/usher-id/usher/hostapi"
)

// mails are the hooks around a mail.
func mails() map[hostapi.Hook]question {
	link := core.LinkPlaceholder
	return map[hostapi.Hook]question{
		hostapi.HookMessageRender: {
			fields: []string{"subject", "html", "text"}, good: continues(`{"subject":"Hi","html":"<a href='` + link + `'>","text":"Go to ` + link + `"}`),
			seeds: []string{continues(`{"subject":"Hi","html":"<p>","text":"Text"}`), continues(`{"subject":"Hi\r\nBcc: x","html":"` + link + `","text":"` + link + `"}`)},
			put: func(ctx context.Context, h *hook.Hooks, s scene) (any, error) {
				view := core.MessageView{Kind: core.MessageInvitation}
				if s.link {
					view.Link = link
				}
				mail, rendered, err := h.MessageRender(ctx, view)
				return whether(mail, rendered), err
			},
			check: func(j judgement, said any, data map[string]jsontext.Value) {
				m := said.(core.RenderedMessage)
				j.expect(m.Subject == text(data["subject"]) && strings.TrimSpace(m.Subject) != "" && len(m.Subject) <= hostapi.MaxSubject && !strings.ContainsAny(m.Subject, "\x00\r\n"), "subject", m)
				for name, part := range map[string]string{"html": m.HTML, "text": m.Text} {
					j.expect(part == text(data[name]) && part != "" && len(part) <= hostapi.MaxBodyPart && !strings.Contains(part, "\x00"), name, m)
					j.expect(!j.scene.link || strings.Contains(part, link), "link in "+name, m)
				}
			},
		},
		hostapi.HookMessageRoute: {
			fields: []string{"providers", "delay_s"}, good: continues(`{"providers":["b","a"],"delay_s":60}`),
			seeds: []string{continues(`{"providers":["a","c"]}`), continues(`{"providers":["a","a"]}`), continues(`{"delay_s":3601}`), continues(`{"providers":[],"delay_s":-1}`)},
			put: func(ctx context.Context, h *hook.Hooks, _ scene) (any, error) {
				routing, routed, err := h.MessageRoute(ctx, core.RouteView{Providers: []core.ProviderView{{Name: "a"}, {Name: "b"}}})
				return whether(routing, routed), err
			},
			check: func(j judgement, said any, _ map[string]jsontext.Value) {
				r := said.(core.Routing)
				j.expect(r.Delay >= 0 && r.Delay <= time.Hour, "delay", r)
				for i, name := range r.Providers {
					j.expect((name == "a" || name == "b") && !slices.Contains(r.Providers[:i], name), "provider", r)
				}
			},
		},
		hostapi.HookMessageSend: {
			fields: []string{"status", "provider_id", "retry_after_s", "reason"}, good: continues(`{"status":"retry","retry_after_s":30,"reason":"greylisted"}`),
			seeds: []string{
				continues(`{"status":"accepted","provider_id":"x-1"}`), continues(`{"status":"accepted","retry_after_s":1}`), continues(`{"status":"failed","reason":"No such"}`),
				continues(`{"status":"refused","retry_after_s":86400,"reason":"quota"}`), continues(`{"status":"accepted","provider_id":"a\u0000"}`),
			},
			put: func(ctx context.Context, h *hook.Hooks, s scene) (any, error) {
				mail := core.Handover{Provider: "p", MessageID: "m", To: "a@b.example", Text: link}
				if s.link {
					mail.Link = core.Secret("https://real.example/")
				}
				answer, err := h.MessageSend(ctx, "p", mail)
				if answer.Left != (s.left > 0) || answer.Unasked {
					return nil, errors.Join(err, errors.New("it does not say how far the link got"))
				}
				answer.Left = false
				return answer, err
			},
			check: func(j judgement, said any, data map[string]jsontext.Value) {
				a := said.(core.HandoverAnswer)
				later := a.Status == core.HandoverRetry || a.Status == core.HandoverRefused
				j.expect(later || a.Status == core.HandoverFailed || a.Status == core.HandoverAccepted && (!j.scene.link || j.scene.left > 0), "status", a)
				j.expect(a.RetryAfter >= 0 && a.RetryAfter <= 24*time.Hour && (later || a.RetryAfter == 0), "pause", a)
				j.providerID(a.ProviderID, text(data["provider_id"]))
				j.code(a.Reason)
			},
		},
		hostapi.HookMessageStatus: {
			denies: true, fields: []string{"reports"},
			good: continues(`{"reports":[{"message_id":"<01890a5d-ac96-774b-bcce-b302099a8057@b.example>","status":"delivered","at":"2030-01-01T00:00:00Z"},{"provider_id":"x-2","status":"bounced","reason":"no_such_mailbox"}]}`),
			seeds: []string{
				continues(`{"reports":[{"provider_id":"x-1","status":"delivered"},{"provider_id":"x-2","status":"lost"}]}`), continues(`{"reports":[{"status":"bounced"}]}`),
				continues(`{"reports":[{"provider_id":"a\u0000","status":"complained","at":"0000-01-01T00:00:00Z"}]}`), continues(`{"reports":[{"message_id":"theirs","status":"deferred","to":"a"}]}`),
			},
			put: func(ctx context.Context, h *hook.Hooks, _ scene) (any, error) {
				return h.MessageStatus(ctx, "p", core.Callback{Provider: "p"})
			},
			check: func(j judgement, said any, data map[string]jsontext.Value) {
				var given []map[string]jsontext.Value
				if err := json.Unmarshal(orNull(data["reports"]), &given); err != nil {
					j.Fatalf("%q passes: %v", j.answer, err)
				}
				reports, _ := said.([]core.MailReport)
				j.expect(len(reports) == len(given) && len(reports) <= hostapi.MaxStatusReports, "number of reports", reports)
				for i, r := range reports {
					j.expect(slices.Contains([]core.DeliveryStatus{core.DeliveryDelivered, core.DeliveryDeferred, core.DeliveryBounced, core.DeliveryComplained}, r.Status), "status", r)
					j.expect(r.MessageID.IsZero() || strings.Contains(strings.ToLower(text(given[i]["message_id"])), r.MessageID.String()), "mail", r)
					j.providerID(r.ProviderID, text(given[i]["provider_id"]))
					j.code(r.Reason)
					for name := range given[i] {
						j.expect(slices.Contains([]string{"message_id", "provider_id", "status", "reason", "at"}, name), name, r)
					}
				}
			},
		},
	}
}
