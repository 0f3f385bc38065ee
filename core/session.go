package core

import "time"

// SessionStart is everything that signing in with a password commits.
type SessionStart struct {
	UserID       ID
	Session      NewSession
	VerifiedHash string // the hash that the password was checked against; it must still be the account's
	Traceparent  string
}

// SessionRotation is everything that using a refresh token commits.
type SessionRotation struct {
	SessionID   ID
	Generation  int           // that the token was made for
	TTL         time.Duration // of the session from now on
	Traceparent string
}

// TenantSwitch is everything that going to another tenant commits.
type TenantSwitch struct {
	Actor       Actor
	TenantID    ID
	TTL         time.Duration // of the session from now on
	Traceparent string
}

// LinkRequest is everything that asking for a link to an account commits. It is the
// same for an address that nobody has.
type LinkRequest struct {
	EmailKey    string
	Token       NewToken
	Kind        MessageKind
	Event       EventType
	MessageID   ID
	Traceparent string
}

// SigningKey is a key that signs access tokens, as the database keeps it.
type SigningKey struct {
	KID       string // RFC 7638 thumbprint of the public key
	Algorithm string
	Public    []byte
	Sealed    []byte // the private key, sealed with a root key
	SealedBy  string // the kid of that root key
	RetiredAt time.Time
}

// ExternalSessionStart is everything that signing in through an external provider commits.
type ExternalSessionStart struct {
	Identity    ExternalIdentity
	EmailKey    string // of the address that the provider verified; empty when there is none
	UserID      ID     // whom the identity was found to be
	LinkID      ID     // of the link, when there is none yet
	Session     NewSession
	Traceparent string
}
