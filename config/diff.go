package config

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Difference is one setting that two configurations do not agree on. Secrets are
// redacted on both sides.
type Difference struct {
	Key  string `json:"key"`
	Old  string `json:"old"`
	New  string `json:"new"`
	Live bool   `json:"live"` // a reload applies it; else a restart is needed
}

// Diff lists the differences between two configurations in the order of their keys.
func Diff(old, new *Config) []Difference {
	found := []Difference{}
	for _, s := range settings() {
		if !s.equal(old, new) {
			found = append(found, Difference{
				Key: s.Path, Old: inline(told(s.of(old).Interface())), New: inline(told(s.of(new).Interface())), Live: s.Live,
			})
		}
	}
	return found
}

// told is a value as a difference shows it: of a plugin also the digest, because
// its file can have other bytes under the same name.
func told(value any) any {
	list, ok := value.([]Plugin)
	if !ok {
		return shown(value)
	}
	return each(list, func(p Plugin) pluginView {
		view := shownPlugin(p)
		view.Digest = p.digest[:min(12, len(p.digest))]
		return view
	})
}

// inline writes a value on one line.
func inline(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	var n yaml.Node
	if err := n.Encode(v); err != nil {
		return fmt.Sprintf("%T", v)
	}
	n.Style |= yaml.FlowStyle
	out, err := yaml.Marshal(&n)
	if err != nil {
		return fmt.Sprintf("%T", v)
	}
	return strings.TrimSpace(string(out))
}
