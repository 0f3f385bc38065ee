// Package http speaks to the origins that the operator granted, at the hooks that may
// call out. There are no redirects, cookies or proxies, and a secret is put into a
// request by the host: a plugin names it and never sees it. A plugin that imports this
// package asks for the capability http in its manifest.
package http
