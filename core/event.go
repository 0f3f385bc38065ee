package core

import (
	"slices"
	"time"
)

// EventType names a state change; on the wire it carries the prefix "activation.".
type EventType string

// One name for each state change. The first five are the funnel of the runbook.
const (
	SignupStarted       EventType = "SignupStarted"
	TenantProvisioned   EventType = "TenantProvisioned"
	InvitationCreated   EventType = "InvitationCreated"
	EventAccepted       EventType = "InvitationAccepted"
	ActivationCompleted EventType = "ActivationCompleted"
	InvitationResent    EventType = "InvitationResent"
	EventRevoked        EventType = "InvitationRevoked"
	BulkStarted         EventType = "BulkInvitationStarted"
	BulkFinished        EventType = "BulkInvitationFinished"
	InvitationLapsed    EventType = "InvitationExpired"
	OwnerVerified       EventType = "OwnerVerified"
	TenantChanged       EventType = "TenantChanged"
	TenantSwitched      EventType = "TenantSwitched"
	SessionStarted      EventType = "SessionStarted"
	SessionRefreshed    EventType = "SessionRefreshed"
	SessionRevoked      EventType = "SessionRevoked"
	SignInRequested     EventType = "SignInRequested"
	ResetRequested      EventType = "PasswordResetRequested"
	TenantLinked        EventType = "TenantReferencesChanged"
	PasswordReset       EventType = "PasswordReset"
	MessageDelivered    EventType = "MessageDelivered"
	MessageBounced      EventType = "MessageBounced"
	MessageComplained   EventType = "MessageComplained"
	IdentityLinked      EventType = "IdentityLinked"
	PluginsReleased     EventType = "PluginsReleased"
	PluginsRolledBack   EventType = "PluginsRolledBack"
	WebhookAdded        EventType = "WebhookAdded"
	WebhookChanged      EventType = "WebhookChanged"
	WebhookRotated      EventType = "WebhookRotated"
	WebhookEnabled      EventType = "WebhookEnabled"
	WebhookDisabled     EventType = "WebhookDisabled"
	WebhookRemoved      EventType = "WebhookRemoved"
)

// EventPrefix stands before every type on the wire.
const EventPrefix = "activation."

// Event reports one state change. It is written in the transaction of the
// change; (AggregateID, Version) is unique and has no gaps.
type Event struct {
	ID            ID
	Type          EventType
	TenantID      ID // zero before a tenant exists
	AggregateType string
	AggregateID   ID
	Version       int
	ActorID       ID // the user who caused it; zero for an anonymous caller
	Time          time.Time
	Traceparent   string
	Data          []byte // a JSON object; never a token, a link or a password
}

// EventPlace is where an event stands in the order of commits.
type EventPlace struct {
	Xid      int64 // of its transaction
	Position int64
}

// After tells whether it comes later than another place.
func (p EventPlace) After(q EventPlace) bool {
	return p.Xid > q.Xid || p.Xid == q.Xid && p.Position > q.Position
}

// EventFilter says which events somebody wants. The zero value is all.
type EventFilter struct {
	Types    []EventType // any when empty
	TenantID ID          // zero for every tenant, and what belongs to none
	Since    time.Time   // zero for ever
}

// Wants tells whether an event is one of them.
func (f EventFilter) Wants(e Event) bool {
	return (f.TenantID.IsZero() || f.TenantID == e.TenantID) && (len(f.Types) == 0 || slices.Contains(f.Types, e.Type)) && !e.Time.Before(f.Since)
}

// OutboxEvent is an event on its way to a consumer.
type OutboxEvent struct {
	Event
	Place    EventPlace
	Attempts int  // made before
	Behind   bool // an earlier event of its tenant waits
}

// ParkedEvent is an event that was not taken, or waits behind one.
type ParkedEvent struct {
	OutboxEvent
	Attempts int // made so far
	Wait     time.Duration
	Dead     bool // it is not tried again by itself, and those behind it go on
}

// Lease is a process's hold on a consumer of events.
type Lease struct {
	Consumer string
	Holder   ID
	For      time.Duration
}
