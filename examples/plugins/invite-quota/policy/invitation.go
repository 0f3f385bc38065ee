package policy

import (
	"strconv"

	"github.com/usher-id/usher/sdk"
	"github.com/usher-id/usher/sdk/invitation"
)

// CheckInvitation counts an invitation against the plan of its tenant. Without the store it gives no verdict: what
// that means is the operator's to say, with on_failure of the binding.
func CheckInvitation(c *sdk.Call, i invitation.Invitation) (invitation.Verdict, error) {
	l, err := readLedger(c)
	if err != nil {
		return invitation.Verdict{}, err
	}
	p, err := planOf(c, l.plan)
	if err != nil {
		return invitation.Verdict{}, err
	}
	if i.Bulk && !p.bulk {
		return deny("bulk_not_in_plan", "The plan "+p.name+" does not include inviting many people at once.")
	}
	l = l.at(c.NowMS(), p)
	if l.used >= p.invitations {
		c.Info("denied an invitation beyond the plan " + p.name)
		return deny("invitation_quota_reached", "The plan "+p.name+" includes "+strconv.FormatInt(p.invitations, 10)+" invitations in "+
			strconv.FormatInt(p.days, 10)+" days. The next window begins on "+instant(l.ends(p))+".")
	}
	l.used++
	if err := l.keep(c); err != nil {
		return invitation.Verdict{}, err
	}
	return invitation.Accept(), nil
}

// deny names the address, so that in a bulk it is clear which rows are meant.
func deny(code, message string) (invitation.Verdict, error) {
	return invitation.Deny(invitation.FieldError{Field: "email", Code: code, Message: message}), nil
}
