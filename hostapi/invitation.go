package hostapi

// InvitationValidate is the question of [HookInvitationValidate]: may this person
// be invited? It is asked before anything is written, of those who may invite, for each row of
// a bulk too. An invitation that is sent again exists already and is not asked about.
type InvitationValidate struct {
	Email       string            `json:"email"`
	EmailDomain string            `json:"email_domain"` // lower case, ASCII
	Role        Role              `json:"role"`
	InviterRole Role              `json:"inviter_role"`
	Locale      string            `json:"locale"`     // BCP 47, may be empty
	ExpiresIn   int64             `json:"expires_in"` // seconds
	Metadata    map[string]string `json:"metadata"`
	Bulk        bool              `json:"bulk"` // one row of many
}

// InvitationPatch is what a guest may change of an invitation; a nil field changes
// nothing. ExpiresIn may only be shorter and Role only lower than what was asked for;
// Metadata takes the place of the invitation's as a whole. Of several guests the shortest
// life and the lowest role hold.
type InvitationPatch struct {
	ExpiresIn *int64            `json:"expires_in,omitempty"` // seconds, at least 60
	Role      *Role             `json:"role,omitempty"`
	Locale    *string           `json:"locale,omitempty"`
	Metadata  map[string]string `json:"metadata,omitempty"`
}

// Role is what a member may do in a tenant.
type Role string

// The roles, the most powerful first.
const (
	RoleOwner  Role = "owner"
	RoleAdmin  Role = "admin"
	RoleMember Role = "member"
)
