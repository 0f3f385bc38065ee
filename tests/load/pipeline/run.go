package pipeline

import "strconv"

// What everybody is called, and the password of everybody who has one.
const (
	OwnerName = "Olive Owner"
	GuestName = "Gwen Guest"
	Password  = "a sentence that nobody else would use"
)

// Run is who takes part.
type Run struct {
	Name        string // in small letters and digits; part of every address
	Tenants     int
	Invitations int // for each tenant
	Passwords   bool
}

// Owner is the address of a tenant's owner.
func (r *Run) Owner(tenant int) string {
	return "owner" + strconv.Itoa(tenant) + "." + r.Name + "@load.example.com"
}

// Guest is the address of an invited person.
func (r *Run) Guest(i int) string {
	return "guest" + strconv.Itoa(i) + "." + r.Name + "@load.example.com"
}

// Guests is how many are invited.
func (r *Run) Guests() int { return r.Tenants * r.Invitations }

// TenantOf is who invites a guest.
func (r *Run) TenantOf(guest int) int { return guest / r.Invitations }

// Organization is the name of a tenant.
func (r *Run) Organization(tenant int) string {
	return "Load " + r.Name + " " + strconv.Itoa(tenant)
}
