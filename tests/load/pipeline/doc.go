// Package pipeline is the way of a person through the host, as a product would send
// it: who takes part in a run, and the requests of each step.
//
// A run has tenants, one owner each, and the same number of invitations in each tenant.
// Its people have addresses of their own, so runs can follow each other on one database.
// Steps up to [drive.Verify] count tenants, the others guests; a tenant's guests follow
// each other.
//
// How many requests run at once, and what they took, is the business of package drive.
package pipeline
