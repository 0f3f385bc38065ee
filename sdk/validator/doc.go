// Package validator serves the hook signup.validate: it asks a plugin whether a
// signup may become a tenant. The answer is a verdict, not an error; an error
// says that there is no verdict, and the host then refuses the signup for now.
package validator
