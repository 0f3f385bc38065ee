//go:build wasip1

package main

import (
	"hr-directory/policy"

	"github.com/usher-id/usher/sdk/provisioner"
)

var tenantProvision = provisioner.New(policy.FillDirectory)

//go:wasmexport usher_tenant_provision
func serveTenantProvision() int32 { return tenantProvision.Serve() }
