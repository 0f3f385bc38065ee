package floor

// body is the request of every step; each uses what it needs.
type body struct {
	Email            string `json:"email"`
	OrganizationName string `json:"organization_name"`
	DisplayName      string `json:"display_name"`
	Password         string `json:"password"`
	Refs
}

// Refs name the rows of one person's way. The answer of a step has those that the step
// made; the requests after it bring them back.
type Refs struct {
	Tenant     string `json:"tenant,omitempty"`
	Owner      string `json:"owner,omitempty"`
	Token      string `json:"token,omitempty"` // of the owner, then of the colleague
	Hash       string `json:"hash,omitempty"`  // of the same token, hexadecimal
	Invitation string `json:"invitation,omitempty"`
}
