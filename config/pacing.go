package config

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"time"
)

// Pace is one item of mail.pacing.
type Pace struct {
	Domain    string // of recipients, in small letters; [EveryDomain] for each that has no item
	PerMinute int
}

// EveryDomain stands for the domains that have no item of their own.
const EveryDomain = "*"

// The most mails in a minute that a pace may say.
const mostPerMinute = 60_000

// Every is the time between two mails to a domain; 0 for one that is not paced.
func (m Mail) Every(domain string) time.Duration {
	every := time.Duration(0)
	for _, p := range m.Pacing {
		switch p.Domain {
		case domain:
			return time.Minute / time.Duration(p.PerMinute)
		case EveryDomain:
			every = time.Minute / time.Duration(p.PerMinute)
		}
	}
	return every
}

// decodePacing reads the list of paces.
func decodePacing(raw any) ([]Pace, *wrong) {
	items, bad := sectionItems(raw, "domain")
	if bad != nil {
		return nil, bad
	}
	list := make([]Pace, 0, len(items))
	for i, item := range items {
		p, bad := decodePace(item)
		if bad == nil && slices.ContainsFunc(list, func(earlier Pace) bool { return earlier.Domain == p.Domain }) {
			bad = &wrong{"domain is one that an earlier one has", "keep one of the two"}
		}
		if bad != nil {
			return nil, &wrong{fmt.Sprintf("item %d: %s", i+1, bad.says), bad.fix}
		}
		list = append(list, p)
	}
	return list, nil
}

func decodePace(raw any) (p Pace, bad *wrong) {
	m, ok := raw.(map[string]any)
	if !ok {
		return p, &wrong{"wants domain and per_minute, has " + nameOf(raw), "write domain: and per_minute: below the -"}
	}
	for _, key := range slices.Sorted(maps.Keys(m)) {
		switch value := m[key]; key {
		case "domain":
			p.Domain, bad = decodeText(value)
		case "per_minute":
			p.PerMinute, bad = decodeInt(value)
		default:
			return p, unknownKey(key, "domain", "per_minute")
		}
		if bad != nil {
			return p, &wrong{key + " " + bad.says, bad.fix}
		}
	}
	switch {
	case p.Domain != EveryDomain && !regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$`).MatchString(p.Domain):
		return p, &wrong{"domain is not the name of one", "write it in small letters, such as example.com, or \"*\" for every other"}
	case p.PerMinute < 1 || p.PerMinute > mostPerMinute:
		return p, &wrong{"per_minute is out of bounds", fmt.Sprintf("write a whole number from 1 to %d", mostPerMinute)}
	}
	return p, nil
}

type paceView struct {
	Domain    string `yaml:"domain"`
	PerMinute int    `yaml:"per_minute"`
}
