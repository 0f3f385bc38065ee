package operator

import (
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/mail"
	"github.com/usher-id/usher/core/mail/desk"
)

type requeueRequest struct {
	Stuck  bool      `json:"stuck,omitzero"`
	Dead   bool      `json:"dead,omitzero"`
	IDs    []core.ID `json:"ids,omitzero"` // of messages
	DryRun bool      `json:"dry_run,omitzero"`
	Reason string    `json:"reason,omitzero"`
}

type reasonRequest struct {
	Reason string `json:"reason,omitzero"`
}

type mailTestRequest struct {
	To       string `json:"to"`
	Provider string `json:"provider,omitzero"` // the first when left out
}

type resendRequest struct {
	Last   int  `json:"last"`
	ToSink bool `json:"to_sink,omitzero"`
}

// mailsView is how mails are. The queue is that of all replicas, providers and workers are
// those of the replica that answers.
type mailsView struct {
	Queue         map[core.MailState]int64 `json:"queue"` // mails by state
	OldestSeconds float64                  `json:"oldest_seconds"`
	Paused        *pauseView               `json:"paused,omitzero"`
	Providers     []providerView           `json:"providers"` // in the order in which they are tried
	Workers       workersView              `json:"workers"`
	Failures      []failuresView           `json:"failures"` // of the last so many seconds, the most first
	FailuresS     float64                  `json:"failures_seconds"`
	Paced         []pacedView              `json:"paced"` // domains whose mails wait, the longest first
}

type pauseView struct {
	At     time.Time `json:"at"`
	By     string    `json:"by"`
	Reason string    `json:"reason"`
}

type providerView struct {
	Name   string    `json:"name"`
	Up     bool      `json:"up"`
	Reason string    `json:"reason,omitzero"`
	Since  time.Time `json:"since,omitzero"`
}

type workersView struct {
	Busy    int `json:"busy"`
	Allowed int `json:"allowed"` // as the backlog is now
	Most    int `json:"most"`
}

type failuresView struct {
	Reason   string `json:"reason"`
	Provider string `json:"provider,omitzero"`
	Mails    int64  `json:"mails"`
}

type pacedView struct {
	Domain          string    `json:"domain"`
	WaitSeconds     float64   `json:"wait_seconds"` // of a mail that came now
	BulkWaitSeconds float64   `json:"bulk_wait_seconds"`
	PausedUntil     time.Time `json:"paused_until,omitzero"`
	Reason          string    `json:"reason,omitzero"`
}

func viewOfMails(s desk.Status) mailsView {
	v := mailsView{
		Queue: map[core.MailState]int64{
			core.MailReady: 0, core.MailRunning: 0, core.MailStuck: 0, core.MailRetrying: 0, core.MailScheduled: 0, core.MailDead: 0,
		},
		OldestSeconds: s.Oldest.Seconds(), FailuresS: s.Late.Seconds(), Workers: workersView{s.Busy, s.Allowed, s.Most},
		Providers: make([]providerView, len(s.Providers)), Failures: make([]failuresView, len(s.Failures)), Paced: make([]pacedView, len(s.Paced)),
	}
	for state, n := range s.Depth {
		v.Queue[state] = n
	}
	if !s.PausedAt.IsZero() {
		v.Paused = &pauseView{s.PausedAt.UTC(), s.PausedBy, s.Reason}
	}
	for i, p := range s.Providers {
		v.Providers[i] = providerView{p.Name, p.Reason == "", p.Reason, p.Since.UTC()}
	}
	for i, f := range s.Failures {
		v.Failures[i] = failuresView(f)
	}
	for i, d := range s.Paced {
		v.Paced[i] = pacedView{d.Domain, d.Wait.Seconds(), d.WaitBulk.Seconds(), d.PausedUntil, d.Reason}
	}
	return v
}

type queuedView struct {
	MessageID core.ID          `json:"message_id"`
	Kind      core.MessageKind `json:"kind"`
	TenantID  core.ID          `json:"tenant_id,omitzero"`
	To        string           `json:"to"` // masked
	Domain    string           `json:"domain"`
	State     core.MailState   `json:"state"`
	Bulk      bool             `json:"bulk"`
	Attempts  int              `json:"attempts"`
	Provider  string           `json:"provider,omitzero"`
	Reason    string           `json:"reason,omitzero"`
	CreatedAt time.Time        `json:"created_at"`
	NextTry   time.Time        `json:"next_try,omitzero"`
	TraceID   string           `json:"trace_id,omitzero"`
}

type queuedPage struct {
	Data       []queuedView `json:"data"`
	NextCursor string       `json:"next_cursor,omitzero"`
}

func viewOfQueued(page core.Page[core.QueuedMail]) queuedPage {
	v := queuedPage{make([]queuedView, len(page.Items)), page.NextCursor}
	for i, m := range page.Items {
		v.Data[i] = queuedView{
			m.MessageID, m.Kind, m.TenantID, m.To, m.Domain, m.State, m.Priority > core.MailPrioritySingle, m.Attempts, m.Provider, m.Reason,
			m.CreatedAt, m.NextTry, m.TraceID,
		}
	}
	return v
}

type requeuedView struct {
	Requeued int64 `json:"requeued"`
	Accepted int64 `json:"accepted"` // before: recorded as sent, and not sent again
	Running  int64 `json:"running"`  // left alone
	Unknown  int64 `json:"unknown"`  // have no job any more
	More     bool  `json:"more"`     // there are others; ask again
}

type trialMailView struct {
	Provider  string  `json:"provider"`
	Accepted  bool    `json:"accepted"`
	MessageID string  `json:"message_id"`
	Class     string  `json:"class,omitzero"` // of the failure
	Stage     string  `json:"stage,omitzero"`
	Code      string  `json:"code,omitzero"` // as the provider gave it
	Seconds   float64 `json:"seconds"`
}

func viewOfTrial(t mail.Trial) trialMailView {
	v := trialMailView{Provider: t.Provider, Accepted: t.Failure == nil, MessageID: t.MessageID, Seconds: t.Took.Seconds()}
	if t.Failure != nil {
		v.Class, v.Stage, v.Code = string(t.Failure.Class), t.Failure.Stage, t.Failure.Code
	}
	return v
}

type resentView struct {
	MessageID core.ID          `json:"message_id"`
	Kind      core.MessageKind `json:"kind"`
	To        string           `json:"to"` // masked
	Failure   string           `json:"failure,omitzero"`
}

type resentPage struct {
	Data []resentView `json:"data"`
}

func viewOfResent(list []desk.Resent) resentPage {
	v := resentPage{make([]resentView, len(list))}
	for i, r := range list {
		v.Data[i] = resentView(r)
	}
	return v
}

type operatorActView struct {
	Time    time.Time `json:"time"`
	Actor   string    `json:"actor"`
	Action  string    `json:"action"`
	Subject string    `json:"subject,omitzero"`
	Reason  string    `json:"reason,omitzero"`
}

type operatorActPage struct {
	Data       []operatorActView `json:"data"`
	NextCursor string            `json:"next_cursor,omitzero"`
}

func viewOfActs(page core.Page[core.OperatorAct]) operatorActPage {
	v := operatorActPage{make([]operatorActView, len(page.Items)), page.NextCursor}
	for i, a := range page.Items {
		v.Data[i] = operatorActView(a)
	}
	return v
}
