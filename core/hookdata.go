package core

import "time"

// SignupCheck is what the signup.validate hook is shown of a signup.
type SignupCheck struct {
	RunID            ID    // the tenant that would come of it
	Release          int64 // of the plugins that the run began with, as everywhere beside a RunID; 0 for those of now
	Email            string
	EmailDomain      string
	OrganizationName string
	Slug             string
	DisplayName      string
	Locale           string
	Metadata         map[string]string
}

// SignupPatch is what a plugin may change of a signup; a nil field changes nothing.
type SignupPatch struct {
	Slug     *string
	Metadata map[string]string
}

// LinkPlaceholder stands for the link in a rendered message. The host fills the
// real link in afterwards, so a renderer never sees a token.
const LinkPlaceholder = "https://link.usher.invalid/"

// MessageView is what a renderer is shown of a message.
type MessageView struct {
	RunID         ID
	Release       int64
	Kind          MessageKind
	Locale        string
	Tenant        TenantRef
	Branding      Branding // that holds: the tenant's over the installation's; the native templates' alone
	RecipientName string
	InviterName   string
	InviteeHint   string    // the native templates' alone
	Link          string    // LinkPlaceholder, or empty when the message has none
	ExpiresAt     time.Time // zero when the message has no link
}

// RenderedMessage is a message ready to be addressed.
type RenderedMessage struct {
	Subject  string
	HTML     string
	Text     string
	Language string // that it is written in, as far as that is known
	By       string // the plugin and version, or "native"
}

// InvitationCheck is what the invitation.validate hook is shown of an invitation.
type InvitationCheck struct {
	RunID       ID // the invitation
	Release     int64
	TenantID    ID
	ActorID     ID // who invites
	InviterRole Role
	Email       string
	EmailDomain string
	Role        Role
	Locale      string
	ExpiresIn   time.Duration
	Metadata    map[string]string
	Bulk        bool // one row of many

	Verdicts *[]HookVerdict // gets what each plugin said, if not nil
}

// InvitationPatch is what a plugin may change of an invitation; a zero field changes nothing.
// It was judged: ExpiresIn is not longer and Role not higher than what was asked for.
type InvitationPatch struct {
	ExpiresIn time.Duration
	Role      Role
	Locale    string
	Metadata  map[string]string
}

// ActivationCheck is what the activation.validate hook is shown of an activation whose
// token is good.
type ActivationCheck struct {
	RunID         ID // the invitation, or the tenant whose owner proves the address
	Release       int64
	Purpose       Purpose
	Email         string
	EmailDomain   string
	Role          Role
	AccountExists bool
	Tenant        TenantRef
	Profile       Profile // of the account that exists, or else as it would become

	Verdicts *[]HookVerdict // as that of an invitation
}

// PasswordCheck is what the password.check hook is shown of a new password.
type PasswordCheck struct {
	RunID    ID // as that of the activation
	Release  int64
	TenantID ID // zero when the link belongs to no tenant
	Reset    bool
	Facts    PasswordFacts
}

// PasswordContext is what a password ought not to repeat.
type PasswordContext struct {
	Email       string
	DisplayName string
	Tenant      TenantRef
}

// PasswordFacts describe a password without giving it away.
type PasswordFacts struct {
	Length       int // in characters, as all these counts
	Distinct     int
	Lower        int
	Upper        int
	Digits       int
	Other        int
	ContainsUser bool
	ContainsOrg  bool
	SHA1Prefix   string // five hexadecimal digits, upper case
}

// SessionReason says why an access token is issued.
type SessionReason string

// The reasons to issue an access token.
const (
	SessionByActivation SessionReason = "activation"
	SessionBySignIn     SessionReason = "sign_in"
	SessionByRefresh    SessionReason = "refresh"
	SessionBySwitch     SessionReason = "tenant_switch"
)

// ClaimsCheck is what the session.claims hook is shown of a session that is about to be
// given an access token.
type ClaimsCheck struct {
	RunID     ID // the activation that opens the session; zero when none does
	Release   int64
	SessionID ID
	UserID    ID
	Role      Role      // empty without a tenant
	Tenant    TenantRef // zero without one
	Reason    SessionReason
}

// Claims are what plugins add to the access token of a session.
type Claims struct {
	For  ClaimsCheck // the session that they were asked about
	JSON []byte      // an object with a member for each plugin that has something to say, or nothing
}

// TenantProvisioning is what the tenant.provision hook is shown of a tenant.
type TenantProvisioning struct {
	TenantID  ID
	Release   int64
	Slug      string
	Name      string
	OwnerID   ID
	Locale    string
	Metadata  map[string]string
	CreatedAt time.Time
}

// IdentityBeginning is what the identity.begin hook is shown of a sign-in through an
// external provider.
type IdentityBeginning struct {
	RunID       ID
	Provider    string
	CallbackURL string
	State       string
	Nonce       string
	Challenge   string // PKCE, S256
	LoginHint   string
	Locale      string
}

// IdentityRedirect is where a person goes to sign in, and what comes back with them.
type IdentityRedirect struct {
	URL     string
	Private string // the plugin's own
}

// IdentityReturn is what the identity.finish hook is shown of a person who came back.
type IdentityReturn struct {
	RunID       ID
	Provider    string
	CallbackURL string
	Query       map[string]string
	Nonce       string
	Verifier    string // PKCE
	Private     string
}

// ExternalIdentity is a person as an external provider knows them.
type ExternalIdentity struct {
	Provider      string
	Subject       string
	Email         string // as the provider wrote it
	EmailVerified bool
}
