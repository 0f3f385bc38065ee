// Package password serves the hook password.check: it asks a plugin whether a new
// password is good enough. A plugin is given facts and the beginning of a hash, never
// the password. An error says that there is no verdict, and the host then refuses the
// password for now.
package password
