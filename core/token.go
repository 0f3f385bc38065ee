package core

import "time"

// Purpose is what a token lets its bearer do, and nothing else.
type Purpose string

// The purposes; the purpose is part of what a token is derived from.
const (
	PurposeOwnerVerification Purpose = "owner_verification"
	PurposeInvitation        Purpose = "invitation"
	PurposePasswordReset     Purpose = "password_reset"
	PurposeSignIn            Purpose = "sign_in"
)

// TokenRef names a token without being able to spend it: the token itself is
// derived from the reference with a key that the database does not have.
type TokenRef struct {
	ID      ID
	Version int
	Purpose Purpose
	KeyID   string
}

// TokenHash is what the database keeps of a token: SHA-256 under a fixed label.
type TokenHash [32]byte

// NewToken is a token about to be stored.
type NewToken struct {
	TokenRef
	Hash TokenHash
	TTL  time.Duration // counted from the database's now
}

// TokenState is what the database knows of a token, read without changing it.
type TokenState struct {
	TokenRef
	// Refusal is why the token may not be spent: "" when it may, otherwise
	// unknown_token, expired_token, replayed_token, revoked_token,
	// superseded_token, tenant_suspended, account_disabled or
	// inviter_lost_right.
	Refusal     string
	Tenant      Tenant
	Invitation  ID    // zero unless the purpose is invitation
	Release     int64 // of the plugins that its run began with
	UserID      ID    // the account of the address; zero when there is none
	UserStatus  UserStatus
	HasPassword bool
	Email       Address
	Role        Role
	Locale      string  // of the invitation, or else of the account
	Profile     Profile // of the account
	RedirectURL string
	ExpiresAt   time.Time
	Traceparent string // of the request that made the token
}
