package config

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
)

// DKIMKey is one item of mail.dkim.
type DKIMKey struct {
	Domain   string // of senders, in small letters
	Selector string
	KeyFile  string
	Headers  []string // nil for the usual ones
}

// decodeDKIM reads the list of keys.
func decodeDKIM(raw any) ([]DKIMKey, *wrong) {
	items, bad := sectionItems(raw, "domain")
	if bad != nil {
		return nil, bad
	}
	list := make([]DKIMKey, 0, len(items))
	for i, item := range items {
		k, bad := decodeDKIMKey(item)
		if bad == nil && slices.ContainsFunc(list, func(earlier DKIMKey) bool { return earlier.Domain == k.Domain && earlier.Selector == k.Selector }) {
			bad = &wrong{"domain and selector are those of an earlier one", "give each key its own selector"}
		}
		if bad != nil {
			return nil, &wrong{fmt.Sprintf("item %d: %s", i+1, bad.says), bad.fix}
		}
		list = append(list, k)
	}
	return list, nil
}

func decodeDKIMKey(raw any) (k DKIMKey, bad *wrong) {
	m, ok := raw.(map[string]any)
	if !ok {
		return k, &wrong{"wants domain, selector and key_file, has " + nameOf(raw), "write domain:, selector: and key_file: below the -"}
	}
	for _, key := range slices.Sorted(maps.Keys(m)) {
		switch value := m[key]; key {
		case "domain":
			k.Domain, bad = decodeText(value)
		case "selector":
			k.Selector, bad = decodeText(value)
		case "key_file":
			k.KeyFile, bad = decodeText(value)
		case "headers":
			k.Headers, bad = decodeList(value, parseField)
		default:
			return k, unknownKey(key, "domain", "selector", "key_file", "headers")
		}
		if bad != nil {
			return k, &wrong{key + " " + bad.says, bad.fix}
		}
	}
	dnsName := regexp.MustCompile(`^[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9])?$`)
	switch {
	case !dnsName.MatchString(k.Domain):
		return k, &wrong{"domain is not the name of one", "write it in small letters, such as example.com"}
	case !dnsName.MatchString(k.Selector):
		return k, &wrong{"selector is not a name in the DNS", "write it in small letters, such as usher1"}
	case k.KeyFile == "":
		return k, &wrong{"key_file is missing", "name the file; usher mail dkim keygen makes one"}
	}
	return k, nil
}

func parseField(item string) (string, *wrong) {
	if !regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`).MatchString(item) {
		return "", &wrong{"is not the name of a header field", "write one such as Subject"}
	}
	return item, nil
}

type dkimView struct {
	Domain   string   `yaml:"domain"`
	Selector string   `yaml:"selector"`
	KeyFile  string   `yaml:"key_file"`
	Headers  []string `yaml:"headers,omitempty"`
}
