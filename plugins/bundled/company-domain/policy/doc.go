// Package policy says whose addresses may sign up and be invited: those of companies, not
// those of free mail services. It is plain Go: the plugin beside it only wires it up.
package policy
