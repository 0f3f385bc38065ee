package core

import (
	"strings"
	"time"
)

// MailState is a state of a mail in the queue, as on-call sees it.
type MailState string

// The states of mails that are not done.
const (
	MailReady     MailState = "ready"     // may leave now
	MailRunning   MailState = "running"   // is being sent
	MailStuck     MailState = "stuck"     // is said to be sent for longer than an attempt may last: its process died
	MailRetrying  MailState = "retrying"  // failed, and waits for its next attempt
	MailScheduled MailState = "scheduled" // waits for its time without having failed
	MailDead      MailState = "dead"      // was given up
)

// QueuedMail is a mail that has not left.
type QueuedMail struct {
	MessageID ID
	Kind      MessageKind
	TenantID  ID // zero when it has none
	To        string
	Domain    string // of its recipient
	State     MailState
	Priority  int
	Attempts  int    // that were counted
	Provider  string // of the last attempt that failed
	Reason    string // of it; or what accepted the mail that was not recorded
	CreatedAt time.Time
	NextTry   time.Time // zero while it runs and when there is none
	TraceID   string    // of the request that promised the mail
}

// MailFilter chooses mails of the queue; zero fields choose all.
type MailFilter struct {
	State    MailState
	TenantID ID
}

// MailQueue is how the queue stands.
type MailQueue struct {
	Depth    map[MailState]int64 // a state without mails is left out
	Oldest   time.Duration       // how long ago the oldest was promised that should have left
	PausedAt time.Time           // zero when it is not
	PausedBy string
	Reason   string // of the pause
	Failures []MailFailures
	Paced    []PacedDomain
}

// MailFailures are mails whose last attempt failed for one reason of late.
type MailFailures struct {
	Reason, Provider string
	Mails            int64
}

// MailRequeue says which mails are to be tried now. One of Stuck, Dead and IDs is set.
type MailRequeue struct {
	Stuck, Dead bool
	IDs         []ID // of messages
	DryRun      bool // only count
	Actor       string
	Reason      string
}

// MailRequeued is what became of them.
type MailRequeued struct {
	Requeued int64 // are tried now
	Accepted int64 // were accepted before: they are recorded as sent, and not sent again
	Running  int64 // are being sent: nothing is to be done
	Unknown  int64 // have no job any more
	More     bool  // there are others; do it again
}

// OperatorAct is an entry of the audit of what operators do.
type OperatorAct struct {
	Time    time.Time
	Actor   string
	Action  string
	Subject string // to what, without a whole address
	Reason  string
}

// The acts on mails.
const (
	ActMailRequeue = "mail_requeue"
	ActMailPause   = "mail_pause"
	ActMailResume  = "mail_resume"
	ActMailTest    = "mail_test"
	ActMailResend  = "mail_resend"
)

// Masked is an address as an operator may see it in a list: its first character and its domain.
func Masked(email string) string {
	local, domain, ok := strings.Cut(email, "@")
	if !ok || local == "" {
		return ""
	}
	for _, first := range local {
		return string(first) + "***@" + domain
	}
	return ""
}
