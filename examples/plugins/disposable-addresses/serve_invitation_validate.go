//go:build wasip1

package main

import (
	"disposable-addresses/policy"

	"github.com/usher-id/usher/sdk/invitation"
)

var invitationValidate = invitation.New(policy.CheckInvitation)

//go:wasmexport usher_invitation_validate
func serveInvitationValidate() int32 { return invitationValidate.Serve() }
