package hostapi

// ActivationValidate is the question of [HookActivationValidate]: may this account
// become active with this profile? It is asked after the token was found good and
// before it is spent, so a denial costs nobody the link.
type ActivationValidate struct {
	Purpose       ActivationPurpose `json:"purpose"`
	Email         string            `json:"email"`
	EmailDomain   string            `json:"email_domain"` // lower case, ASCII
	Role          Role              `json:"role"`
	AccountExists bool              `json:"account_exists"` // then the profile is that of the account
	Tenant        MessageTenant     `json:"tenant"`
	DisplayName   string            `json:"display_name"`
	Locale        string            `json:"locale"` // BCP 47, may be empty
}

// ActivationPurpose is what a link activates.
type ActivationPurpose string

// The purposes of a link at which [HookActivationValidate] is asked.
const (
	PurposeOwnerVerification ActivationPurpose = "owner_verification"
	PurposeInvitation        ActivationPurpose = "invitation"
)

// ActivationPatch is what a guest may change of the profile of a new account; a nil
// field changes nothing. The profile of an account that exists stays as it is. A denial
// names the fields display_name and locale, which the form of the person has
// as profile.display_name and profile.locale.
type ActivationPatch struct {
	DisplayName *string `json:"display_name,omitempty"`
	Locale      *string `json:"locale,omitempty"`
}
