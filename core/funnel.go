package core

import "time"

// FunnelDimension is what a funnel can be told apart by.
type FunnelDimension string

// The dimensions. Template is who wrote the first mail of a run, plugin version that with its
// version where it is a plugin, and provider who took it last.
const (
	FunnelByTemplate      FunnelDimension = "template"
	FunnelByProvider      FunnelDimension = "provider"
	FunnelByPluginVersion FunnelDimension = "plugin_version"
	FunnelByLocale        FunnelDimension = "locale"
	FunnelByTenant        FunnelDimension = "tenant"
)

// FunnelDimensions are all of them.
func FunnelDimensions() []FunnelDimension {
	return []FunnelDimension{FunnelByTemplate, FunnelByProvider, FunnelByPluginVersion, FunnelByLocale, FunnelByTenant}
}

// FunnelQuery selects the runs that began from Since until before Until.
type FunnelQuery struct {
	Since, Until time.Time
	By           []FunnelDimension
}

// Funnel tells how far runs came, wherever they are by now. There are two kinds of runs: a
// signup is followed to its tenant and to the first invitation from it, and an invitation to
// the account that it made active.
type Funnel struct {
	Groups []FunnelGroup
	// Truncated tells that there were more runs or groups than are counted.
	Truncated bool
}

// FunnelGroup has the runs that are alike in each dimension asked for.
type FunnelGroup struct {
	By    []string // a value for each dimension, in their order; "" where it is not known
	Steps []FunnelStep
}

// FunnelStep is one step of the funnel.
type FunnelStep struct {
	Name string
	// Count is how many runs came here. At invitation_created it is that of invitations.
	Count int64
	// From and Converted are the runs of the step before, and how many of those came here: at
	// invitation_created, tenants that invited somebody. Zero at signup_started.
	From, Converted int64
	Median, P90     time.Duration // from the step before
}
