package config

import (
	"fmt"
	"maps"
	"net/mail"
	"regexp"
	"slices"

	"github.com/usher-id/usher/core"
)

// TenantMail is one item of mail.tenants.
type TenantMail struct {
	Tenant    string       // id or slug
	Providers []string     // names of mail.providers, in order; nil for those of everyone
	From      mail.Address // zero for mail.from
}

// Of is the item of a tenant; zero when it has none.
func (m Mail) Of(tenant core.TenantRef) TenantMail {
	id := tenant.ID.String()
	for _, t := range m.Tenants {
		if t.Tenant == id || t.Tenant == tenant.Slug {
			return t
		}
	}
	return TenantMail{}
}

// decodeTenantMail reads the list of tenants.
func decodeTenantMail(raw any) ([]TenantMail, *wrong) {
	items, bad := sectionItems(raw, "tenant")
	if bad != nil {
		return nil, bad
	}
	list := make([]TenantMail, 0, len(items))
	for i, item := range items {
		t, bad := decodeOneTenantMail(item)
		if bad == nil && slices.ContainsFunc(list, func(earlier TenantMail) bool { return earlier.Tenant == t.Tenant }) {
			bad = &wrong{"tenant is one that an earlier one has", "keep one of the two"}
		}
		if bad != nil {
			return nil, &wrong{fmt.Sprintf("item %d: %s", i+1, bad.says), bad.fix}
		}
		list = append(list, t)
	}
	return list, nil
}

func decodeOneTenantMail(raw any) (t TenantMail, bad *wrong) {
	m, ok := raw.(map[string]any)
	if !ok {
		return t, &wrong{"wants tenant, and providers or from, has " + nameOf(raw), "write tenant: and providers: below the -"}
	}
	for _, key := range slices.Sorted(maps.Keys(m)) {
		switch value := m[key]; key {
		case "tenant":
			t.Tenant, bad = decodeText(value)
		case "providers":
			t.Providers, bad = decodeList(value, func(item string) (string, *wrong) { return item, nil })
		case "from":
			t.From, bad = decodeAddress(value)
		default:
			return t, unknownKey(key, "tenant", "providers", "from")
		}
		if bad != nil {
			return t, &wrong{key + " " + bad.says, bad.fix}
		}
	}
	switch {
	case !regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`).MatchString(t.Tenant):
		return t, &wrong{"tenant is neither an id nor a slug", "write it as usher shows it, in small letters"}
	case len(t.Providers) == 0 && t.From.Address == "":
		return t, &wrong{"has neither providers nor from", "say what is the tenant's own, or remove the item"}
	case len(slices.Compact(slices.Sorted(slices.Values(t.Providers)))) < len(t.Providers):
		return t, &wrong{"providers has a name twice", "keep one of the two"}
	}
	return t, nil
}

type tenantMailView struct {
	Tenant    string   `yaml:"tenant"`
	Providers []string `yaml:"providers,omitempty"`
	From      string   `yaml:"from,omitempty"`
}

func shownTenantMail(t TenantMail) tenantMailView {
	v := tenantMailView{Tenant: t.Tenant, Providers: t.Providers}
	if t.From.Address != "" {
		v.From = t.From.String()
	}
	return v
}
