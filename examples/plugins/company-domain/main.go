//go:build wasip1

// Command company-domain is a plugin for the hook signup.validate: it lets only
// people with a company's address sign up. Package policy holds its logic.
package main

import (
	"github.com/usher-id/usher/examples/plugins/company-domain/policy"
	"github.com/usher-id/usher/sdk/validator"
)

var plugin = validator.New(policy.Check)

//go:wasmexport usher_signup_validate
func signupValidate() int32 { return plugin.Serve() }

func main() {}
