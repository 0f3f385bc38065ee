//go:build !wasip1

package abi

// Lent panics: there is no host outside of a guest. Tests use package sdktest.
func Lent() Host {
	panic("usher sdk: this is no guest; call the plugin with package sdktest")
}
