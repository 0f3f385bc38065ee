package hostapi

// SignupValidate is the question of [HookSignupValidate]: may this signup
// become a tenant? It is asked before anything is written.
type SignupValidate struct {
	Email            string            `json:"email"`
	EmailDomain      string            `json:"email_domain"` // lower case, ASCII
	OrganizationName string            `json:"organization_name"`
	Slug             string            `json:"slug"`
	DisplayName      string            `json:"display_name"`
	Locale           string            `json:"locale"` // BCP 47
	Metadata         map[string]string `json:"metadata"`
}

// SignupPatch is what a guest may change of a signup; a nil field changes
// nothing. Metadata takes the place of the signup's metadata as a whole.
type SignupPatch struct {
	Slug     *string           `json:"slug,omitempty"`
	Metadata map[string]string `json:"metadata,omitempty"`
}
