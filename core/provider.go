package core

import "time"

// RouteView is what the message.route hook is shown of a mail at each attempt.
type RouteView struct {
	RunID           ID
	Release         int64
	TenantID        ID // zero for a mail that is about no tenant
	Kind            MessageKind
	Locale          string
	RecipientDomain string
	Attempt         int // begins at 1
	Age             time.Duration
	Providers       []ProviderView // in their configured order
}

// ProviderView is one way out for a mail.
type ProviderView struct {
	Name   string
	Up     bool // as far as the last attempts showed
	Plugin bool // a plugin adapts it
	Failed bool // it was the last that this mail was handed to, and did not take it
}

// Routing is by which providers a mail is to leave, and when.
type Routing struct {
	Providers []string // names in their order; nil keeps the configured order
	Delay     time.Duration
	By        string // the plugin and version
}

// Handover is a mail as the plugin that adapts a provider is shown it, and the link that
// it is not shown.
type Handover struct {
	RunID     ID
	Release   int64
	TenantID  ID
	Provider  string
	MessageID string // without angle brackets; the same in every attempt
	Attempt   int
	Kind      MessageKind
	FromName  string
	FromEmail string
	To        string
	Subject   string
	Text      string // with LinkPlaceholder where the link belongs, as in HTML
	HTML      string
	Link      Secret // empty when the mail has none
}

// HandoverStatus is what a provider did with a mail.
type HandoverStatus string

// What a provider may do.
const (
	HandoverAccepted HandoverStatus = "accepted"
	HandoverRetry    HandoverStatus = "retry"   // not now
	HandoverRefused  HandoverStatus = "refused" // it refuses us, whatever the mail
	HandoverFailed   HandoverStatus = "failed"  // it will never take this mail
)

// HandoverAnswer is what came of a handover. When the plugin failed, Unasked and Left say
// how far it got.
type HandoverAnswer struct {
	Status     HandoverStatus
	ProviderID string        // the provider's own name for the mail, "" when it told none
	RetryAfter time.Duration // with retry or refused
	Reason     string        // in snake_case

	Unasked bool // nobody was asked: no instance was free, or none is bound
	Left    bool // the link left in a request, so that the provider may have the mail
}

// Callback is a request in which a provider says what became of mails.
type Callback struct {
	Provider string // its name in the configuration
	Method   string
	Query    map[string]string // first value of each
	Headers  map[string]string // first value of each, names in lower case
	Body     string
}

// MailReport is one thing that a provider says happened to a mail. The mail is named by
// MessageID, or by ProviderID when that is zero.
type MailReport struct {
	MessageID  ID
	ProviderID string
	Status     DeliveryStatus // deferred, delivered, bounced or complained
	Reason     string         // in snake_case, may be empty
	At         time.Time      // zero for now
}

// ReportOutcome is what a report changed.
type ReportOutcome string

// What a report may change.
const (
	ReportChanged  ReportOutcome = "changed"
	ReportRepeated ReportOutcome = "repeated" // the mail is there already, or further
	ReportUnknown  ReportOutcome = "unknown"  // no mail of that name went through the provider
)
