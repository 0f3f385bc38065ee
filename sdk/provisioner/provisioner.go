package provisioner

import (
	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/sdk"
	"github.com/usher-id/usher/sdk/internal/wire"
)

// Tenant is what a plugin is told of a new tenant.
type Tenant = hostapi.TenantProvision

// References is what the host keeps with the tenant for the plugin.
type References = hostapi.TenantReferences

// Handler prepares what a tenant needs.
type Handler func(*sdk.Call, Tenant) (References, error)

// Plugin serves a handler. It belongs to one goroutine.
type Plugin = sdk.Plugin[Tenant, References]

// New makes a plugin of a handler.
func New(h Handler) *Plugin {
	return sdk.Serve(sdk.Serving[Tenant, References]{
		Hook: hostapi.HookTenantProvision, Read: wire.ReadTenantProvision, Append: wire.AppendTenantReferences, Answer: sdk.Answering(h),
	})
}
