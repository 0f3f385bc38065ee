package policy

import (
	"strconv"

	"github.com/usher-id/usher/sdk"
	"github.com/usher-id/usher/sdk/json"
	"github.com/usher-id/usher/sdk/kv"
)

// key is that of the one entry of a tenant; the host keeps the tenants apart.
const key = "ledger"

const dayMS = 24 * 60 * 60 * 1000

// ledger is what is remembered of a tenant.
type ledger struct {
	plan string // that it signed up for, empty when it said nothing
	from int64  // when the window began, in milliseconds since 1970
	used int64  // invitations since
}

func readLedger(c *sdk.Call) (l ledger, err error) {
	text, _, err := kv.Get(c, key)
	if err != nil {
		return l, err
	}
	return ledger{plan: json.Text(text, "plan"), from: number(text, "from"), used: number(text, "used")}, nil
}

// keep writes the ledger. It vanishes after a year without an invitation, and then the tenant begins anew.
func (l ledger) keep(c *sdk.Call) error {
	b := json.AppendString([]byte(`{"plan":`), l.plan)
	b = strconv.AppendInt(append(b, `,"from":`...), l.from, 10)
	b = strconv.AppendInt(append(b, `,"used":`...), l.used, 10)
	return kv.Put(c, key, string(append(b, '}')), 0)
}

// at is the ledger as it stands at a time: a window that is over has made room for a new one.
func (l ledger) at(now int64, p plan) ledger {
	if now >= l.ends(p) {
		l.from, l.used = now, 0
	}
	return l
}

func (l ledger) ends(p plan) int64 { return l.from + p.days*dayMS }
