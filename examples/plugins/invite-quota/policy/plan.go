package policy

import (
	"errors"
	"strconv"

	"github.com/usher-id/usher/sdk"
	"github.com/usher-id/usher/sdk/json"
	"github.com/usher-id/usher/sdk/provisioner"
)

// plan is how much the tenants of one kind may invite.
type plan struct {
	name        string
	invitations int64 // in one window
	days        int64 // that a window lasts
	bulk        bool  // whether many at once may be invited
}

// KeepPlan remembers what a tenant signed up for, where the operator says that it stands in the metadata.
func KeepPlan(c *sdk.Call, t provisioner.Tenant) (provisioner.References, error) {
	name := t.Metadata[c.ConfigText("metadata_plan", "")]
	if name == "" {
		return provisioner.References{}, nil
	}
	if _, known := planNamed(c, name); !known {
		c.Warn("a tenant signed up for a plan that config.plans does not have; it gets the default plan")
		return provisioner.References{}, nil
	}
	l, err := readLedger(c) // when the host asks again, somebody may have been invited meanwhile
	if err != nil {
		return provisioner.References{}, err
	}
	l.plan = name
	return provisioner.References{}, l.keep(c)
}

// planOf gives the plan of a tenant: the operator's word on it goes before what it signed up for, and that before
// the default.
func planOf(c *sdk.Call, signedUpFor string) (plan, error) {
	if name := c.ConfigMap("tenants", nil)[c.Tenant]; name != "" {
		if p, known := planNamed(c, name); known {
			return p, nil
		}
		return plan{}, errors.New("config.tenants names the plan " + name + ", which config.plans does not have")
	}
	if p, known := planNamed(c, signedUpFor); known {
		return p, nil
	}
	name := c.ConfigText("default_plan", "")
	p, known := planNamed(c, name)
	if !known {
		return plan{}, errors.New("config.default_plan is " + name + ", which config.plans does not have")
	}
	return p, nil
}

// planNamed reads a plan; the manifest's config_schema has seen to the types.
func planNamed(c *sdk.Call, name string) (p plan, known bool) {
	text := json.Raw(c.ConfigJSON("plans"), name)
	if name == "" || text == "" {
		return plan{}, false
	}
	return plan{name: name, invitations: number(text, "invitations"), days: number(text, "days"), bulk: json.Text(text, "bulk") != "false"}, true
}

// number gives a whole number of a JSON object, zero when it is missing.
func number(text, name string) int64 {
	n, err := strconv.ParseInt(json.Text(text, name), 10, 64)
	if err != nil {
		return 0
	}
	return n
}
