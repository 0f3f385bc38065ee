package core

import "time"

// SignupCheck is what the signup.validate hook is shown of a signup.
type SignupCheck struct {
	RunID            ID // the signup, which pins plugin versions later
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
	Kind          MessageKind
	Locale        string
	Tenant        TenantRef
	RecipientName string
	InviterName   string
	Link          string    // LinkPlaceholder, or empty when the message has none
	ExpiresAt     time.Time // zero when the message has no link
}

// RenderedMessage is a message ready to be addressed.
type RenderedMessage struct {
	Subject string
	HTML    string
	Text    string
	By      string // the plugin and version, or "native"
}

// TenantProvisioning is what the tenant.provision hook is shown of a tenant.
type TenantProvisioning struct {
	TenantID  ID
	Slug      string
	Name      string
	OwnerID   ID
	Locale    string
	Metadata  map[string]string
	CreatedAt time.Time
}
