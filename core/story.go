package core

import "time"

// HookVerdict is what a plugin said on the way of one run.
type HookVerdict struct {
	Hook    string `json:"hook"`
	Plugin  string `json:"plugin"`
	Version string `json:"version,omitempty"`
	Digest  string `json:"digest,omitempty"`
	Outcome string `json:"outcome"`
}

// MailTry is one provider's turn at a mail.
type MailTry struct {
	Provider string // "" for an attempt that came to no provider
	Outcome  string // "accepted", or the class of the failure; never an address
	Duration time.Duration
}

// VisitKind is who looked at a link, as far as a server can tell.
type VisitKind string

// A prefetch fetched the page and no more. A script ran the page's own, or something that does
// the same. A person did something on the page with a pointer, a key or a finger; a program
// that drives a browser can do that too, and only a use of the link that needs a password or a
// name proves more. A refusal is a use of the link that failed.
const (
	VisitPrefetch VisitKind = "prefetch"
	VisitScript   VisitKind = "script"
	VisitPerson   VisitKind = "person"
	VisitRefused  VisitKind = "refused"
)

// Visit is a link that was looked at, some number of times. There is neither address nor
// program of who did in it.
type Visit struct {
	Hash        TokenHash
	Kind        VisitKind
	Reason      string // of a refusal
	First, Last time.Time
	Count       int64
	Traceparent string // of the last time
}

// OpenedBy is who opened a link.
type OpenedBy string

// A scanner is everything that did not act like a person.
const (
	OpenedByHuman   OpenedBy = "human"
	OpenedByScanner OpenedBy = "scanner"
)

// Opened tells of the openings of one link; the zero value of none.
type Opened struct {
	By          OpenedBy
	First, Last time.Time
	Count       int64
}

// MailStanding is how the newest mail of an invitation stands.
type MailStanding struct {
	Status      MailStatus
	Provider    string
	Attempts    int
	SentAt      time.Time
	DeliveredAt time.Time
	BouncedAt   time.Time
	Reason      string
	Opened      Opened
}

// MailStatus is a [DeliveryStatus], or that the link was opened.
type MailStatus string

// MailOpened outranks that a mail was sent or delivered, and nothing else.
const MailOpened MailStatus = "opened"

// Step is one thing that happened to an invitation.
type Step struct {
	At      time.Time
	Name    string
	Detail  map[string]string
	TraceID string
}
