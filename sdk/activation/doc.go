// Package activation serves the hook activation.validate: it asks a plugin whether an
// account may become active with this profile, before the link is spent. An error
// says that there is no verdict, and the host then refuses the activation for now.
package activation
