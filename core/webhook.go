package core

import "time"

// WebhookOff says why an endpoint is sent nothing.
type WebhookOff string

// The reasons: it answered 410, it failed for too long, whoever owns it or an operator wanted it so.
const (
	WebhookGone       WebhookOff = "gone"
	WebhookFailing    WebhookOff = "failing"
	WebhookByOwner    WebhookOff = "owner"
	WebhookByOperator WebhookOff = "operator"
)

// Webhook is an endpoint to which events are sent.
type Webhook struct {
	ID       ID
	TenantID ID // zero for one of the operators, which gets every tenant's events
	URL      string
	Types    []EventType // all when empty

	Secret        SealedSecret
	Previous      SealedSecret // signs too until PreviousUntil
	PreviousUntil time.Time

	Version      int // counts its changes, from 1
	CreatedAt    time.Time
	UpdatedAt    time.Time
	FailingSince time.Time // of the first failure that no success followed
	DisabledAt   time.Time // zero while it is enabled
	Disabled     WebhookOff
}

// WebhookConsumer is the name of an endpoint's place in the outbox.
func WebhookConsumer(id ID) string { return WebhookConsumers + id.String() }

// WebhookConsumers begins the names of all of them.
const WebhookConsumers = "webhook/"

// Filter says which events the endpoint wants.
func (w Webhook) Filter() EventFilter { return EventFilter{Types: w.Types, TenantID: w.TenantID} }

// SealedSecret is a secret as the database has it.
type SealedSecret struct {
	Sealed []byte
	By     string // the root key
}

// WebhookChange is what is to be otherwise; nil leaves what is there.
type WebhookChange struct {
	URL     *string
	Types   *[]EventType
	Off     *WebhookOff // "" enables it
	Version int         // that the change was made for; 0 for whichever there is
}

// WebhookAttempt is one attempt to send an event to an endpoint.
type WebhookAttempt struct {
	Number    int64 // counts up
	WebhookID ID
	EventID   ID
	EventType string // as on the wire
	Attempt   int    // from 1; 0 for a test
	Time      time.Time
	Status    int // of the answer; 0 when there was none
	Took      time.Duration
	Error     string // what kind of failure; empty for none
}

// OK tells whether the endpoint took the event.
func (a WebhookAttempt) OK() bool { return a.Error == "" }

// WebhookState is how an endpoint stands after an attempt.
type WebhookState struct {
	Disabled WebhookOff // as of now; empty while it is enabled
	Changed  bool       // the attempt disabled it
}
