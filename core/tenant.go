package core

import "time"

// TenantStatus is where a tenant stands.
type TenantStatus string

// A tenant is pending until its owner has proved the address.
const (
	TenantPending   TenantStatus = "pending"
	TenantActive    TenantStatus = "active"
	TenantSuspended TenantStatus = "suspended"
)

// Tenant is one customer of the product that embeds Usher.
type Tenant struct {
	ID        ID
	Slug      string // unique, lower case, safe in a host name
	Name      string
	Status    TenantStatus
	Branding  Branding // its own; without a name
	Metadata  map[string]string
	Version   int // counts its changes
	CreatedAt time.Time
}

// Branding is how a tenant, or an installation, shows itself to people. What is empty is not said.
type Branding struct {
	Name       string
	LogoURL    string // https
	Colour     string // #rrggbb
	SupportURL string // https
}

// Over is a branding with what another one has for what it lacks. A logo stands for whom it
// belongs to, so it comes with its owner's name.
func (b Branding) Over(other Branding) Branding {
	if b.LogoURL == "" && other.LogoURL != "" {
		b.LogoURL = other.LogoURL
		if other.Name != "" {
			b.Name = other.Name
		}
	}
	if b.Name == "" {
		b.Name = other.Name
	}
	if b.Colour == "" {
		b.Colour = other.Colour
	}
	if b.SupportURL == "" {
		b.SupportURL = other.SupportURL
	}
	return b
}

// TenantChange is what an owner or an admin changes of a tenant; a nil field changes nothing, an
// empty one takes away what is there.
type TenantChange struct {
	Name       *string
	LogoURL    *string
	Colour     *string
	SupportURL *string
	Version    int // that the change was made for; 0 for whichever is there
}

// Role is what a member may do. Roles are ordered: see [Role.Rank].
type Role string

// The roles, highest first. Every tenant has exactly one owner.
const (
	RoleOwner  Role = "owner"
	RoleAdmin  Role = "admin"
	RoleMember Role = "member"
)

// Rank orders roles: a higher rank may do all that a lower one may. An unknown role has rank 0.
func (r Role) Rank() int {
	switch r {
	case RoleOwner:
		return 3
	case RoleAdmin:
		return 2
	case RoleMember:
		return 1
	}
	return 0
}

// MayManage tells whether the role may invite, list and revoke.
func (r Role) MayManage() bool { return r.Rank() >= RoleAdmin.Rank() }

// Membership ties a user to a tenant.
type Membership struct {
	TenantID  ID
	UserID    ID
	Role      Role
	CreatedAt time.Time
	Tenant    TenantRef
}

// TenantRef is what others may see of a tenant.
type TenantRef struct {
	ID   ID
	Name string
	Slug string
}

// The bounds of what people name and add, in characters or entries.
const (
	MaxName         = 120
	MaxMetadata     = 20
	MaxMetadataKey  = 40
	MaxMetadataText = 500
)
