//go:build wasip1

// Command company-domain is a plugin for the hooks signup.validate and
// invitation.validate: it lets only people with a company's address in. Package policy
// holds its logic.
package main

import (
	"github.com/usher-id/usher/plugins/bundled/company-domain/policy"
	"github.com/usher-id/usher/sdk/invitation"
	"github.com/usher-id/usher/sdk/validator"
)

var (
	signups     = validator.New(policy.CheckSignup)
	invitations = invitation.New(policy.CheckInvitation)
)

//go:wasmexport usher_signup_validate
func signupValidate() int32 { return signups.Serve() }

//go:wasmexport usher_invitation_validate
func invitationValidate() int32 { return invitations.Serve() }

func main() {}
