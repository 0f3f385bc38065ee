package web

import (
	"time"

	"github.com/usher-id/usher/core"
)

// mailAnswer is how the newest mail of an invitation stands.
type mailAnswer struct {
	Status      core.MailStatus `json:"status" enum:"pending,sent,deferred,delivered,opened,bounced,complained,failed,skipped" doc:"As delivery, and besides: deferred, still on its way, and opened, once the link of a mail that a provider took was opened."`
	Provider    string          `json:"provider,omitzero" doc:"That tried last."`
	Attempts    int             `json:"attempts"`
	SentAt      time.Time       `json:"sent_at,omitzero" doc:"When a provider took it."`
	DeliveredAt time.Time       `json:"delivered_at,omitzero"`
	BouncedAt   time.Time       `json:"bounced_at,omitzero"`
	Reason      string          `json:"reason,omitzero" doc:"Why it did not leave or did not arrive, as far as that is known."`
	Opened      *openedAnswer   `json:"opened,omitzero" doc:"Left out while nobody has opened the link."`
}

type openedAnswer struct {
	By      core.OpenedBy `json:"by" enum:"human,scanner" doc:"Human when somebody acted on the page, which a program that drives a browser can do too. Scanner for everything that only fetched it or ran its script."`
	FirstAt time.Time     `json:"first_at"`
	LastAt  time.Time     `json:"last_at"`
	Count   int64         `json:"count"`
}

func mailOf(m core.MailStanding) mailAnswer {
	a := mailAnswer{
		Status: m.Status, Provider: m.Provider, Attempts: m.Attempts, Reason: m.Reason,
		SentAt: utc(m.SentAt), DeliveredAt: utc(m.DeliveredAt), BouncedAt: utc(m.BouncedAt),
	}
	if m.Opened.Count > 0 {
		a.Opened = &openedAnswer{By: m.Opened.By, FirstAt: m.Opened.First.UTC(), LastAt: m.Opened.Last.UTC(), Count: m.Opened.Count}
	}
	return a
}

type timelineAnswer struct {
	Data []stepAnswer `json:"data" nullable:"false"`
}

// stepAnswer is one thing that happened. There is nothing in it that says why a link was refused.
type stepAnswer struct {
	At      time.Time         `json:"at"`
	Step    string            `json:"step" doc:"hook, created, rendered, attempt, delivered, bounced, complained, inviter_told, opened, resent, accepted, activated, revoked or expired; others may come."`
	Detail  map[string]string `json:"detail" nullable:"false"`
	TraceID string            `json:"trace_id,omitzero" doc:"Of the request or the job that it belongs to."`
}

func (s *Server) timeline(r *request) (timelineAnswer, error) {
	tenant, id, err := invitationIDs(r)
	if err != nil {
		return timelineAnswer{}, err
	}
	steps, err := s.activation.Timeline(r.Context(), *r.actor, tenant, id)
	out := timelineAnswer{Data: make([]stepAnswer, 0, len(steps))}
	for _, step := range steps {
		out.Data = append(out.Data, stepAnswer{At: step.At.UTC(), Step: step.Name, Detail: step.Detail, TraceID: step.TraceID})
	}
	return out, err
}
