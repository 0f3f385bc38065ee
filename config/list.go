package config

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/usher-id/usher/core"
)

// decodeList reads a YAML list of text, or text with commas.
func decodeList[T any](raw any, parse func(string) (T, *wrong)) ([]T, *wrong) {
	items, bad := listItems(raw)
	if bad != nil {
		return nil, bad
	}
	list := make([]T, 0, len(items))
	for i, item := range items {
		v, bad := parse(item)
		if bad != nil {
			return nil, &wrong{fmt.Sprintf("item %d %s", i+1, bad.says), bad.fix}
		}
		list = append(list, v)
	}
	return list, nil
}

// sectionItems gives the items of a list of sections; what names one of them. As text, such
// a list is JSON or YAML, and nothing is no item.
func sectionItems(raw any, what string) ([]any, *wrong) {
	if t, ok := raw.(text); ok {
		if t == "" {
			return nil, nil
		}
		var bad *wrong
		if raw, bad = yamlOf(t); bad != nil {
			return nil, bad
		}
	}
	items, ok := raw.([]any)
	if !ok {
		return nil, &wrong{"wants a list, has " + nameOf(raw), "write one " + what + " after each -"}
	}
	return items, nil
}

func listItems(raw any) ([]string, *wrong) {
	switch v := raw.(type) {
	case text:
		var items []string
		for item := range strings.SplitSeq(string(v), ",") {
			if item = strings.TrimSpace(item); item != "" {
				items = append(items, item)
			}
		}
		return items, nil
	case []any:
		items := make([]string, len(v))
		for i, item := range v {
			s, ok := item.(string)
			if !ok {
				return nil, &wrong{fmt.Sprintf("item %d wants text, has %s", i+1, nameOf(item)), "put it in quotes"}
			}
			items[i] = s
		}
		return items, nil
	default:
		return nil, &wrong{"wants a list, has " + nameOf(raw), "write [a, b] or one item on a line after -"}
	}
}

func parseNetwork(item string) (netip.Prefix, *wrong) {
	if a, err := netip.ParseAddr(item); err == nil {
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(item)
	if err != nil {
		return netip.Prefix{}, &wrong{"is not a network", "write one such as 10.0.0.0/8"}
	}
	return p.Masked(), nil
}

func parseHeader(item string) (Header, *wrong) {
	name, value, ok := strings.Cut(item, "=")
	if !ok || name == "" {
		return Header{}, &wrong{"is not a header", "write NAME=VALUE"}
	}
	return Header{Name: name, Value: core.Secret(value)}, nil
}
