package core

import "time"

// UserStatus is where a person's account stands.
type UserStatus string

// A pending user has proved nothing yet and has no credential.
const (
	UserPending  UserStatus = "pending"
	UserActive   UserStatus = "active"
	UserDisabled UserStatus = "disabled"
)

// User is one person, known by one e-mail address over all tenants.
type User struct {
	ID          ID
	Email       string
	DisplayName string
	Locale      string
	Status      UserStatus
	CreatedAt   time.Time
}

// Profile is what a person may say about themselves when activating.
type Profile struct {
	DisplayName string
	Locale      string
}

// Address is an e-mail address in the two forms that matter.
type Address struct {
	Email  string // as it is shown and written to: local part as given, domain in lower case ASCII
	Key    string // unique look-up key: the local part in lower case too
	Domain string
}

// Hint shows just enough of an address for its owner to recognise it: "a•••@example.com".
func (a Address) Hint() string {
	if a.Email == "" {
		return ""
	}
	for i := range a.Email {
		if i > 0 {
			return a.Email[:i] + "•••@" + a.Domain
		}
	}
	return "•••@" + a.Domain
}

// Actor is who a request acts for, proved by an access token.
type Actor struct {
	UserID    ID
	TenantID  ID
	SessionID ID
	Role      Role // as of the token's issue; what decides is the membership row
}

// Me is who is signed in, and in which active tenants, the oldest membership first.
type Me struct {
	User        User
	Memberships []Membership
}
