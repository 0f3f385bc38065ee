package hostapi

// SessionClaims is the question of [HookSessionClaims]: what else does the access
// token say? It is asked whenever one is issued, before the session is committed or its
// refresh token spent: a guest may be asked about a session that does not come to be.
type SessionClaims struct {
	SessionID string        `json:"session_id"`
	UserID    string        `json:"user_id"`
	Role      Role          `json:"role"` // empty without a tenant
	Tenant    MessageTenant `json:"tenant"`
	Reason    SessionReason `json:"reason"`
}

// SessionReason says why an access token is issued.
type SessionReason string

// The reasons to issue an access token.
const (
	SessionActivation SessionReason = "activation"
	SessionSignIn     SessionReason = "sign_in"
	SessionRefresh    SessionReason = "refresh"
	SessionSwitch     SessionReason = "tenant_switch"
)

// MaxClaims bounds the claims of all plugins together, in bytes of JSON.
const MaxClaims = 4096

// SessionClaimed is the answer. The claims, a JSON object, stand in the token below
// ext.<plugin>, so no plugin can name a claim of the host or of another plugin.
type SessionClaimed struct {
	Claims RawJSON `json:"claims,omitempty"`
}
