//go:build wasip1

package main

import (
	"disposable-addresses/policy"

	"github.com/usher-id/usher/sdk/validator"
)

var signupValidate = validator.New(policy.CheckSignup)

//go:wasmexport usher_signup_validate
func serveSignupValidate() int32 { return signupValidate.Serve() }
