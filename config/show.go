package config

import (
	"fmt"
	"log/slog"
	"net/mail"
	"net/netip"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/usher-id/usher/core"
)

const redacted = "[redacted]"

// Effective is usher config show: the whole configuration as YAML that could be
// loaded again but for its secrets, which are redacted, with the origin of each
// value beside it.
func (c *Config) Effective() ([]byte, error) {
	top := &yaml.Node{Kind: yaml.MappingNode}
	for _, s := range settings() {
		at := top
		names := strings.Split(s.Path, delimiter)
		for _, name := range names[:len(names)-1] {
			at = sectionOf(at, name)
		}
		key, value := &yaml.Node{Kind: yaml.ScalarNode, Value: names[len(names)-1]}, &yaml.Node{}
		if err := value.Encode(shown(s.of(c).Interface())); err != nil {
			return nil, fmt.Errorf("show %s: %w", s.Path, err)
		}
		if ofSections(s.typ) && len(value.Content) > 0 {
			key.HeadComment = c.Origin(s.Path).String()
		} else {
			value.Style |= yaml.FlowStyle
			value.LineComment = c.Origin(s.Path).String()
		}
		at.Content = append(at.Content, key, value)
	}
	out, err := yaml.Marshal(top)
	if err != nil {
		return nil, fmt.Errorf("show the configuration: %w", err)
	}
	return out, nil
}

func sectionOf(n *yaml.Node, name string) *yaml.Node {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return n.Content[i+1]
		}
	}
	section := &yaml.Node{Kind: yaml.MappingNode}
	n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: name}, section)
	return section
}

// shown is a value as an operator writes it, without its secrets.
func shown(value any) any {
	switch v := value.(type) {
	case core.Secret:
		if v.IsZero() {
			return ""
		}
		return redacted
	case time.Duration:
		return formatDuration(v)
	case slog.Level:
		return strings.ToLower(v.String())
	case mail.Address:
		return v.String()
	case []netip.Prefix:
		return each(v, netip.Prefix.String)
	case []SecretKey:
		return each(v, func(k SecretKey) string { return k.ID + ":" + redacted })
	case []Header:
		return each(v, func(h Header) string { return h.Name + "=" + redacted })
	case []string:
		return each(v, func(s string) string { return s })
	case []Plugin:
		return each(v, shownPlugin)
	case []MailWay:
		return each(v, shownWay)
	case []Pace:
		return each(v, func(p Pace) paceView { return paceView(p) })
	case []TenantMail:
		return each(v, shownTenantMail)
	case []DKIMKey:
		return each(v, func(k DKIMKey) dkimView { return dkimView(k) })
	case []IdentityProvider:
		return each(v, func(p IdentityProvider) identityProviderView { return identityProviderView(p) })
	case []TrustedKey:
		return each(v, shownTrustedKey)
	case []Binding:
		return each(v, shownBinding)
	default:
		return v
	}
}

// each maps a list; nil becomes an empty one.
func each[T, U any](list []T, f func(T) U) []U {
	out := make([]U, len(list))
	for i, v := range list {
		out[i] = f(v)
	}
	return out
}

type identityProviderView struct {
	Name         string   `yaml:"name"`
	Plugin       string   `yaml:"plugin"`
	CallbackURLs []string `yaml:"callback_urls"`
}

type pluginView struct {
	Name    string            `yaml:"name"`
	File    string            `yaml:"file"`
	Hooks   []string          `yaml:"hooks,omitempty"`
	Config  map[string]string `yaml:"config,omitempty"`
	Grants  *grantsView       `yaml:"grants,omitempty"`
	Reuse   string            `yaml:"reuse,omitempty"`
	Secrets map[string]string `yaml:"secrets,omitempty"`
	Digest  string            `yaml:"digest,omitempty"` // in a difference only
}

type grantsView struct {
	HTTP      *httpGrantView `yaml:"http,omitempty"`
	KV        bool           `yaml:"kv,omitempty"`
	Telemetry bool           `yaml:"telemetry,omitempty"`
}

type httpGrantView struct {
	Origins []string `yaml:"origins"`
}

// shownPlugin leaves the values of a plugin's config out: nobody knows which of
// them are secret.
func shownPlugin(p Plugin) pluginView {
	view := pluginView{Name: p.Name, File: p.File, Hooks: p.Hooks, Reuse: p.Reuse, Config: redactedValues(p.Config), Secrets: redactedValues(p.Secrets)}
	g := grantsView{KV: p.Grants.KV, Telemetry: p.Grants.Telemetry}
	if len(p.Grants.Origins) > 0 {
		g.HTTP = &httpGrantView{p.Grants.Origins}
	}
	if g != (grantsView{}) {
		view.Grants = &g
	}
	return view
}

// redactedValues keeps the keys.
func redactedValues[T any](m map[string]T) map[string]string {
	if len(m) == 0 {
		return nil
	}
	view := make(map[string]string, len(m))
	for key := range m {
		view[key] = redacted
	}
	return view
}
