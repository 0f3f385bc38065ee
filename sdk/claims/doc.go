// Package claims serves the hook session.claims: a plugin adds claims to an access
// token, below ext.<plugin>. When it fails the token is issued without them.
package claims
