package policy

import (
	"errors"
	"strconv"
	"strings"

	"github.com/usher-id/usher/sdk"
	"github.com/usher-id/usher/sdk/activation"
	"github.com/usher-id/usher/sdk/invitation"
)

// CheckInvitation refuses to invite whom the directory does not have.
func CheckInvitation(c *sdk.Call, i invitation.Invitation) (invitation.Verdict, error) {
	works, err := worksThere(c, i.Email)
	if err != nil || works {
		return invitation.Accept(), err
	}
	return invitation.Deny(invitation.FieldError{
		Field: "email", Code: "not_in_directory", Message: "Nobody with this address is in the company's directory.",
	}), nil
}

// CheckActivation refuses whoever has left since the invitation. The owner who signed up is let through: without
// one nobody could put the directory in order. The form has no field for an address, so that none is named.
func CheckActivation(c *sdk.Call, a activation.Activation) (activation.Verdict, error) {
	if a.Purpose == "owner_verification" {
		return activation.Accept(), nil
	}
	works, err := worksThere(c, a.Email)
	if err != nil || works {
		return activation.Accept(), err
	}
	return activation.Deny(), nil
}

// worksThere looks into the copy. The error says that there is no verdict.
func worksThere(c *sdk.Call, email string) (bool, error) {
	email = strings.ToLower(email)
	if !covers(c, email) {
		return true, nil
	}
	counts, found, err := readIndex(c, keyIndex)
	if err != nil {
		return false, err
	}
	if !found {
		return false, errors.New("there is no copy of the directory yet: the next event of this tenant has one made")
	}
	if age := c.NowMS() - counts.began; age > longest(c) {
		return false, errors.New("the copy of the directory is " + strconv.FormatInt(age/hour, 10) + " hours old, too old to be relied on")
	}
	return counts.has(c, email)
}
