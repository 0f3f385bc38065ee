// Package policy is what the plugin invite-quota does:
//
//	tenant.provision: it keeps the plan that a tenant signed up for.
//	invitation.validate: it counts invitations and refuses those that a tenant's plan does not have.
//
// A tenant has one entry in the key-value store, its [ledger]. It is plain Go: go test runs it without WebAssembly.
package policy
