package hostapi

// PasswordCheck is the question of [HookPasswordCheck]: is this new password good
// enough? A guest is given facts and never the password.
type PasswordCheck struct {
	Purpose PasswordPurpose `json:"purpose"`
	Facts   PasswordFacts   `json:"facts"`
	// SHA1Prefix is the first five hexadecimal digits, upper case, of the password's
	// SHA-1: what the k-anonymity look-up of breached passwords asks for.
	SHA1Prefix string `json:"sha1_prefix"`
}

// PasswordPurpose says why there is a new password.
type PasswordPurpose string

// The purposes of a new password.
const (
	PasswordActivation PasswordPurpose = "activation"
	PasswordReset      PasswordPurpose = "reset"
)

// PasswordFacts describe a password without giving it away.
type PasswordFacts struct {
	Length       int  `json:"length"`   // in characters
	Distinct     int  `json:"distinct"` // different characters
	Lower        int  `json:"lower"`
	Upper        int  `json:"upper"`
	Digits       int  `json:"digits"`
	Other        int  `json:"other"`
	ContainsUser bool `json:"contains_user"` // the local part of the address, or a word of the name, from 3 characters
	ContainsOrg  bool `json:"contains_org"`  // the tenant's slug, or a word of its name, from 3 characters
}

// PasswordVerdict is what a guest may add to its outcome: nothing. A denial gives
// its reason as an error of the field password, and of no other.
type PasswordVerdict struct{}
