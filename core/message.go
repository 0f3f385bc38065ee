package core

import "time"

// MessageKind says what a mail is for.
type MessageKind string

// The kinds of mail.
const (
	MessageOwnerVerification MessageKind = "owner_verification"
	MessageInvitation        MessageKind = "invitation"
	MessageExistingAccount   MessageKind = "existing_account"
	MessageSignIn            MessageKind = "sign_in"
	MessagePasswordReset     MessageKind = "password_reset"
	MessageInvitationBounced MessageKind = "invitation_bounced" // to the inviter
)

// MailJobKind is the kind of the job that sends one message; its arguments are
// a [MailJobArgs]. The store writes the job with the state change, package job
// works it off.
const (
	MailJobKind  = "mail"
	MailJobQueue = "mail"
)

// Priorities of mail jobs; the lower leaves first. A mail that somebody waits for passes those
// of a list, however many there are.
const (
	MailPrioritySingle = 1
	MailPriorityBulk   = 3
)

// MailJobArgs are the arguments of a mail job: the id of a message row and no more.
type MailJobArgs struct {
	MessageID ID `json:"message_id"`
}

// Outgoing is one message as it stands at the moment of sending.
type Outgoing struct {
	MessageID     ID // constant over retries; the Message-ID header is made of it
	Kind          MessageKind
	To            Address // the stored address, never one from a request
	Locale        string
	Tenant        TenantRef
	Branding      Branding // the tenant's own
	TenantID      ID
	InvitationID  ID
	Release       int64 // of the plugins that its run began with
	RecipientName string
	InviterName   string
	InviteeHint   string   // of whom a notice is about, masked
	Token         TokenRef // zero ID when the message has no link
	ExpiresAt     time.Time
	CreatedAt     time.Time
	Traceparent   string
	FailedAt      string // the provider of the last attempt, if that failed
	// Skip is why the message must not be sent any more ("" when it must):
	// sent, revoked, superseded, consumed, expired, tenant_suspended.
	Skip string
}

// Delivery is the outcome of an attempt to send one message.
type Delivery struct {
	MessageID  ID
	Status     DeliveryStatus
	Provider   string
	ProviderID string // the provider's own name for the mail, "" when it told none
	Reason     string // class of the failure or of the skip; never an address
	Attempts   int

	Tries       []MailTry // the providers' turns of this attempt
	RenderedBy  string    // the plugin and version, or "native"; "" when it was not rendered
	Language    string
	RoutedBy    string // the plugin and version that chose the providers, "" when none did
	Traceparent string
}

// MailAttempt is one try at a mail job.
type MailAttempt struct {
	MessageID ID
	Number    int  // 1 at first
	Last      bool // no other try follows a failure
	// AcceptedBy is who took the message in an earlier try whose outcome could not be
	// recorded, in the words of package mail; such a message is recorded, not sent again.
	AcceptedBy string
	Turn       bool // it waited for its turn at the domain that it goes to, which is now
	Bulk       bool // it is one of a list: others may pass it
}
