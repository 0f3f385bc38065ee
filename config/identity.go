package config

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
)

// IdentityProvider is one item of identity.providers.
type IdentityProvider struct {
	Name         string
	Plugin       string // of plugins.load
	CallbackURLs []string
}

// decodeIdentityProviders reads the list of providers.
func decodeIdentityProviders(raw any) ([]IdentityProvider, *wrong) {
	items, bad := sectionItems(raw, "provider")
	if bad != nil {
		return nil, bad
	}
	list := make([]IdentityProvider, 0, len(items))
	for i, item := range items {
		p, bad := decodeIdentityProvider(item)
		if bad == nil && slices.ContainsFunc(list, func(earlier IdentityProvider) bool { return earlier.Name == p.Name }) {
			bad = &wrong{"name is one that an earlier one has", "give each its own name"}
		}
		if bad != nil {
			return nil, &wrong{fmt.Sprintf("item %d: %s", i+1, bad.says), bad.fix}
		}
		list = append(list, p)
	}
	return list, nil
}

func decodeIdentityProvider(raw any) (p IdentityProvider, bad *wrong) {
	m, ok := raw.(map[string]any)
	if !ok {
		return p, &wrong{"wants name, plugin and callback_urls, has " + nameOf(raw), "write them below the -"}
	}
	for _, key := range slices.Sorted(maps.Keys(m)) {
		switch value := m[key]; key {
		case "name":
			p.Name, bad = decodeText(value)
		case "plugin":
			p.Plugin, bad = decodeText(value)
		case "callback_urls":
			p.CallbackURLs, bad = listItems(value)
		default:
			return p, unknownKey(key, "name", "plugin", "callback_urls")
		}
		if bad != nil {
			return p, &wrong{key + " " + bad.says, bad.fix}
		}
	}
	return p, p.check()
}

func (p IdentityProvider) check() *wrong {
	switch {
	case !regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`).MatchString(p.Name):
		return &wrong{"name is no good name", "name it with small letters, digits and -"}
	case p.Plugin == "":
		return &wrong{"plugin is missing", "name the one of plugins.load that adapts it"}
	case len(p.CallbackURLs) == 0:
		return &wrong{"callback_urls is empty", "write where the provider may send people back, such as https://app.example.com/signed-in"}
	}
	for _, address := range p.CallbackURLs {
		u, err := url.Parse(address)
		if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" || u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())) {
			return &wrong{"callback_urls has an item that is no https address", "write it out in full, without user and fragment; http is for this machine itself"}
		}
	}
	return nil
}
