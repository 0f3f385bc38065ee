package hostapi

// TenantProvision is the question of [HookTenantProvision]: prepare what a new
// tenant needs elsewhere. It is asked by a job after the commit, again and again
// until it is answered; CallID differs each time, RunID never does, so that a
// plugin can tell a repetition.
type TenantProvision struct {
	TenantID  string            `json:"tenant_id"`
	Slug      string            `json:"slug"`
	Name      string            `json:"name"`
	OwnerID   string            `json:"owner_id"`
	Locale    string            `json:"locale"` // of the owner, BCP 47, may be empty
	Metadata  map[string]string `json:"metadata"`
	Attempt   int               `json:"attempt"`    // begins at 1
	CreatedAt string            `json:"created_at"` // RFC 3339 in UTC
}

// The bounds of [TenantReferences].
const (
	MaxReferences     = 20
	MaxReferenceName  = 64
	MaxReferenceValue = 256
)

// TenantReferences is what a guest keeps with the tenant: ids of what it made
// elsewhere, by a snake_case name of its own. They have no zero byte. Nil keeps none.
type TenantReferences struct {
	References map[string]string `json:"references,omitempty"`
}
