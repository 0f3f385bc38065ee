package hostapi

// IdentityBegin is the question of [HookIdentityBegin]: where does a person go to sign
// in at the provider that the plugin adapts?
type IdentityBegin struct {
	Provider    string `json:"provider"`     // name in the host's configuration
	CallbackURL string `json:"callback_url"` // where the provider sends the person back
	State       string `json:"state"`        // to be sent along; the host checks it
	Nonce       string `json:"nonce"`        // for an OpenID Connect ID token
	Challenge   string `json:"challenge"`    // PKCE, S256 (RFC 7636)
	LoginHint   string `json:"login_hint"`   // may be empty
	Locale      string `json:"locale"`       // BCP 47, may be empty
}

// The bounds of the answers of sign-in, in bytes.
const (
	MaxRedirectURL   = 4096
	MaxIdentityState = 2048
	MaxSubjectName   = 255
)

// IdentityRedirect is the answer: an https address. Private comes back in
// [IdentityFinish]; it is sealed into the person's browser and nowhere else.
type IdentityRedirect struct {
	URL     string `json:"url"` // has the state of the question, once
	Private string `json:"private,omitempty"`
}

// IdentityFinish is the question of [HookIdentityFinish]: who came back?
type IdentityFinish struct {
	Provider    string            `json:"provider"`
	CallbackURL string            `json:"callback_url"`
	Query       map[string]string `json:"query"` // of the callback, first value of each
	Nonce       string            `json:"nonce"`
	Verifier    string            `json:"verifier"` // PKCE
	Private     string            `json:"private"`
}

// Identity is a person as a provider knows them. An address that the provider has not
// verified opens no account.
type Identity struct {
	Subject       string `json:"subject"` // the provider's own, stable name for the person
	Email         string `json:"email"`
	EmailVerified bool   `json:"email_verified"`
	DisplayName   string `json:"display_name,omitempty"`
	Locale        string `json:"locale,omitempty"`
}
