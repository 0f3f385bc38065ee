package core

import "time"

// InvitationStatus is where an invitation stands.
type InvitationStatus string

// Expired is derived by the database's clock; the row may still say pending.
const (
	InvitationPending  InvitationStatus = "pending"
	InvitationAccepted InvitationStatus = "accepted"
	InvitationRevoked  InvitationStatus = "revoked"
	InvitationExpired  InvitationStatus = "expired"
)

// DeliveryStatus is how far a mail got; that of an invitation is its newest mail's.
type DeliveryStatus string

// Sent means that a provider took the mail.
const (
	DeliveryPending DeliveryStatus = "pending"
	DeliverySent    DeliveryStatus = "sent"
	DeliveryFailed  DeliveryStatus = "failed"
	DeliverySkipped DeliveryStatus = "skipped"
)

// What a provider reports of a mail that it took, in the order in which a mail can get
// there: a report never takes a mail back. A deferred one is still on its way and shown as sent.
const (
	DeliveryDeferred   DeliveryStatus = "deferred"
	DeliveryDelivered  DeliveryStatus = "delivered"
	DeliveryBounced    DeliveryStatus = "bounced"
	DeliveryComplained DeliveryStatus = "complained"
)

// Invitation asks one address into one tenant. It never holds a token or a link.
type Invitation struct {
	ID          ID
	TenantID    ID
	Email       string
	Role        Role
	Status      InvitationStatus
	Locale      string
	Metadata    map[string]string
	RedirectURL string
	InvitedBy   ID
	ExpiresAt   time.Time
	CreatedAt   time.Time
	AcceptedAt  time.Time // zero until accepted
	RevokedAt   time.Time // zero unless revoked
	Delivery    DeliveryStatus
	Mail        MailStanding
}

// InvitationFilter selects a page of invitations. Zero fields do not select.
type InvitationFilter struct {
	Status   InvitationStatus
	EmailKey string
	Limit    int
	Cursor   string
}

// Page is one page of a listing. NextCursor is where the next page begins; empty
// when there is none, or for events when this page is empty.
type Page[T any] struct {
	Items      []T
	NextCursor string
}
