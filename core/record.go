package core

import "time"

// Idempotency is a caller's Idempotency-Key, scoped so that no other caller can
// meet it. A zero value means that none was given.
type Idempotency struct {
	Scope string // the caller: a user id, or the anonymous route
	Route string
	Key   string
	Hash  [32]byte // of the request body
}

// Given tells whether the caller sent a key.
func (i Idempotency) Given() bool { return i.Key != "" }

// Provision is everything that one signup commits.
type Provision struct {
	SignupID    ID
	Tenant      Tenant
	Owner       User
	Address     Address
	Token       NewToken
	RedirectURL string
	MessageID   ID
	Release     int64  // of the plugins that the run ends with, as it began
	Synthetic   bool   // no KPI counts it
	Traceparent string // of the request; the mail's job carries it on
	Idempotency Idempotency
}

// Provisioned is what a signup's commit did.
type Provisioned struct {
	SignupID ID   // of the first request when the call is a replay
	Known    bool // the address had an account, so nothing was provisioned
	Replayed bool
}

// Invite is everything that creating one invitation commits.
type Invite struct {
	Invitation  Invitation
	Address     Address
	TTL         time.Duration
	Token       NewToken
	Actor       Actor
	MessageID   ID
	Release     int64 // of the plugins that the run ends with, as it began
	Verdicts    []HookVerdict
	Traceparent string
	Idempotency Idempotency
}

// Resend is everything that resending one invitation commits.
type Resend struct {
	Actor        Actor
	TenantID     ID
	InvitationID ID
	MaxLife      time.Duration // the most that the policy allows now; less where the invitation had less
	KeyID        string
	HashOf       func(TokenRef) (TokenHash, error) // called with the next version
	MessageID    ID
	Traceparent  string
}

// Activate is everything that spending one token commits.
type Activate struct {
	Hash         TokenHash
	Token        TokenRef
	Purpose      Purpose
	NewUserID    ID // used when the address has no account yet
	KnownUserID  ID // the account that has proved itself for this; zero when none exists
	Profile      Profile
	PasswordHash string // "" leaves what is there
	Session      NewSession
	Verdicts     []HookVerdict
	Traceparent  string
	Idempotency  Idempotency
}

// Activated is what spending a token did.
type Activated struct {
	User        User
	Tenant      Tenant
	Membership  Membership
	SessionID   ID
	RedirectURL string
	Purpose     Purpose
	Replayed    bool
	Generation  int // of the session; above 1 on a replay whose session was refreshed since
}

// NewSession is a session about to be stored.
type NewSession struct {
	ID  ID
	TTL time.Duration
}

// SessionState is what the database knows of a session; its tokens are made from it.
type SessionState struct {
	ID         ID
	UserID     ID
	TenantID   ID // zero for a person without an active membership
	Role       Role
	Generation int // from 1; each refresh takes the session to the next
}

// Account is what signing in needs to know of an address.
type Account struct {
	User         User
	PasswordHash string // "" when the account has none
}

// Session is the pair of tokens that a signed-in person holds.
type Session struct {
	AccessToken  Secret
	RefreshToken Secret
	ExpiresIn    time.Duration
}
