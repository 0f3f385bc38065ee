// Package sdks holds the example that there is in each language, examples/plugins/company-domain, to one behaviour: that of the
// bundled plugins in Go whose rules and words it has. It has tests only.
package sdks
