//go:build wasip1

package main

import (
	"invite-quota/policy"

	"github.com/usher-id/usher/sdk/provisioner"
)

var tenantProvision = provisioner.New(policy.KeepPlan)

//go:wasmexport usher_tenant_provision
func serveTenantProvision() int32 { return tenantProvision.Serve() }
