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

// DeliveryStatus is how far the newest mail of an invitation got.
type DeliveryStatus string

// Sent means that a provider took the mail; what follows needs its feedback.
const (
	DeliveryPending DeliveryStatus = "pending"
	DeliverySent    DeliveryStatus = "sent"
	DeliveryFailed  DeliveryStatus = "failed"
	DeliverySkipped DeliveryStatus = "skipped"
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
