//go:build wasip1

// Command other-addresses is a plugin that wants another address than one at a certain domain.
package main

import (
	"github.com/usher-id/usher/sdk"
	"github.com/usher-id/usher/sdk/validator"
)

var plugin = validator.New(check)

func check(call *sdk.Call, signup validator.Signup) (validator.Verdict, error) {
	if signup.EmailDomain != call.ConfigText("refused_domain", "") {
		return validator.Accept(), nil
	}
	return validator.Deny(validator.FieldError{Field: "email", Code: "other_address", Message: "Please use another address."}), nil
}

//go:wasmexport usher_signup_validate
func signupValidate() int32 { return plugin.Serve() }

func main() {}
