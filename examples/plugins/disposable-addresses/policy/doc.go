// Package policy is what the plugin disposable-addresses does:
//
//	signup.validate: it refuses addresses of mailboxes that are made to be thrown away.
//	invitation.validate: it refuses them there too.
//
// It is plain Go: go test runs it without WebAssembly.
package policy
