// Package tracker serves the hook message.status: a plugin reads the callbacks of a mail
// provider. It must prove that a callback comes from the provider, with package
// sdk/secret for instance, and denies it otherwise.
package tracker
