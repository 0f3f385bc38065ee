// Package provisioner serves the hook tenant.provision: a plugin prepares what a new
// tenant needs elsewhere and gives back references to it. It is asked until it
// answers; an error asks for another attempt later. The run of a call stays the same
// over all attempts, so it can serve as the idempotency key of what is made.
package provisioner
