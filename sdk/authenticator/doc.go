// Package authenticator serves the hooks identity.begin and identity.finish: a plugin
// adapts a provider that people sign in at. The first sends a person there, the second
// says who came back. When either fails nobody is signed in.
package authenticator
