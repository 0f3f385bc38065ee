// Package secret makes and checks HMACs under secrets that the operator gave, which a
// plugin never sees. A secret in a request is the business of package sdk/http. A
// plugin that imports this package names its secrets in its manifest.
package secret
