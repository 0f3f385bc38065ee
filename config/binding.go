package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/usher-id/usher/core"
)

// Hook is what the configuration must know of a point at which plugins are asked,
// to judge what an operator binds there.
type Hook struct {
	Name       string
	OnFailure  []string      // what a failure of a plugin may mean, the default first
	Tenants    bool          // its calls can be for a tenant
	MaxTimeout time.Duration // of one call
}

// Binding has a plugin asked at a hook.
type Binding struct {
	Hook      string
	Plugin    string        // the name of one that is loaded
	OnFailure string        // the hook's default when empty
	Timeout   time.Duration // the plugin's or the hook's own when 0
	Tenants   []string      // ids, in lower case; every call when empty
	Enabled   bool
}

// BindingPath is the key of the binding at that place of the list.
func BindingPath(index int) string { return fmt.Sprintf("%s[%d]", bindingsKey, index) }

const (
	bindingsKey = "plugins.bindings"
	safeModeKey = "plugins.safe_mode"

	// SafeModeAll switches off every binding.
	SafeModeAll = "all"

	minTimeout = time.Millisecond
)

// decodeBindings reads the list of bindings. What is wrong with one is a problem at
// its own key; the others are read all the same.
func (p *pile) decodeBindings(raw any) []Binding {
	items, bad := sectionItems(raw, "binding")
	if bad != nil {
		p.wrongAt(bindingsKey, bad)
		return nil
	}
	var list []Binding
	for i, item := range items {
		list = append(list, p.decodeBinding(BindingPath(i), item))
	}
	return list
}

func (p *pile) decodeBinding(path string, raw any) Binding {
	b := Binding{Enabled: true}
	m, ok := raw.(map[string]any)
	if !ok {
		p.wrongAt(path, &wrong{"wants hook and plugin, has " + nameOf(raw), "write hook: and plugin: below the -"})
		return b
	}
	for _, key := range slices.Sorted(maps.Keys(m)) {
		if bad := b.decode(key, m[key]); bad != nil {
			p.wrongAt(path+"."+key, bad)
		}
	}
	for key, value := range map[string]string{"hook": b.Hook, "plugin": b.Plugin} {
		if _, given := m[key]; !given || value == "" && !p.about(path+"."+key) {
			p.wrongAt(path+"."+key, &wrong{"is missing", "a binding names a hook and a plugin"})
		}
	}
	return b
}

func (b *Binding) decode(key string, value any) (bad *wrong) {
	switch key {
	case "hook":
		b.Hook, bad = decodeText(value)
	case "plugin":
		b.Plugin, bad = decodeText(value)
	case "on_failure":
		b.OnFailure, bad = decodeText(value)
	case "timeout":
		if b.Timeout, bad = decodeDuration(value); bad == nil && b.Timeout < minTimeout {
			bad = &wrong{"is out of bounds", "write at least 1ms, or leave it out"}
		}
	case "tenants":
		b.Tenants, bad = decodeTenants(value)
	case "enabled":
		on, ok := value.(bool)
		if b.Enabled = on; !ok {
			bad = &wrong{"wants true or false, has " + nameOf(value), "write true or false"}
		}
	default:
		known := []string{"hook", "plugin", "on_failure", "timeout", "tenants", "enabled"}
		bad = &wrong{"unknown key", "did you mean " + nearest(key, known) + "?"}
	}
	return bad
}

// decodeTenants reads ids. An empty list would bind to nobody, and is refused.
func decodeTenants(raw any) ([]string, *wrong) {
	items, bad := listItems(raw)
	if bad != nil {
		return nil, bad
	}
	if len(items) == 0 {
		return nil, &wrong{"is an empty list", "name the tenants, or leave it out to bind to all, or write enabled: false to bind to none"}
	}
	ids := make([]string, len(items))
	for i, item := range items {
		id, err := core.ParseID(item)
		if err != nil {
			return nil, &wrong{fmt.Sprintf("item %d is not the id of a tenant", i+1), "write a UUID of 36 characters"}
		}
		ids[i] = id.String()
	}
	slices.Sort(ids)
	if len(slices.Compact(slices.Clone(ids))) < len(ids) {
		return nil, &wrong{"names a tenant twice", "name each once"}
	}
	return ids, nil
}

// wrongAt makes a problem of what is wrong at a key.
func (p *pile) wrongAt(key string, bad *wrong) {
	p.add(Problem{Key: key, Where: p.place(key), Says: bad.says, Fix: bad.fix})
}

// place is where a key below plugins.bindings was written, as far as that is known.
func (p *pile) place(key string) string {
	if p.lines != nil && p.origins[bindingsKey].Source == "file" {
		return p.lines(key)
	}
	return p.origins[bindingsKey].Where
}

// bindings checks what bindings and safe mode name: loaded plugins, and hooks that
// there are.
func (p *pile) bindings(c *Config, hooks []Hook) {
	for i, b := range c.Plugins.Bindings {
		path := BindingPath(i)
		if b.Plugin != "" && !c.Plugins.loads(b.Plugin) && !p.about("plugins.load") {
			p.wrongAt(path+".plugin", &wrong{"names a plugin that is not loaded", "load it in plugins.load, or " + oneOrNone(c.Plugins.names())})
		}
		for j, earlier := range c.Plugins.Bindings[:i] {
			if b.Hook != "" && b.overlaps(earlier) {
				p.wrongAt(path, &wrong{"binds the same plugin to the same hook as " + BindingPath(j), "keep one, or name other tenants"})
				break
			}
		}
		if hooks != nil && b.Hook != "" {
			p.bindingAt(path, b, hooks)
		}
	}
	for _, item := range c.Plugins.SafeMode {
		known := item == SafeModeAll || c.Plugins.loads(item) || hooks == nil ||
			slices.ContainsFunc(hooks, func(h Hook) bool { return h.Name == item })
		p.require(known, "has an item that is neither a hook nor a loaded plugin", "write hooks, names of plugins, or all", safeModeKey)
	}
	p.require(!c.Plugins.loads(SafeModeAll), "has a plugin named all, which means every plugin in plugins.safe_mode", "give it another name", "plugins.load")
}

// bindingAt checks a binding against the rules of its hook.
func (p *pile) bindingAt(path string, b Binding, hooks []Hook) {
	at := slices.IndexFunc(hooks, func(h Hook) bool { return h.Name == b.Hook })
	if at < 0 {
		names := make([]string, len(hooks))
		for i, h := range hooks {
			names[i] = h.Name
		}
		p.wrongAt(path+".hook", &wrong{"is not a hook", "did you mean " + nearest(b.Hook, names) + "?"})
		return
	}
	h := hooks[at]
	if b.OnFailure != "" && !slices.Contains(h.OnFailure, b.OnFailure) {
		says := "is no choice of " + h.Name
		if slices.ContainsFunc(hooks, func(h Hook) bool { return slices.Contains(h.OnFailure, b.OnFailure) }) {
			says = fmt.Sprintf("%q %s", b.OnFailure, says) // one of our words can be said
		}
		p.wrongAt(path+".on_failure", &wrong{says, "write " + oneOf(h.OnFailure)})
	}
	if b.Timeout > h.MaxTimeout {
		p.wrongAt(path+".timeout", &wrong{"is out of bounds", "write something from " + formatDuration(minTimeout) + " to " + formatDuration(h.MaxTimeout)})
	}
	if len(b.Tenants) > 0 && !h.Tenants {
		p.wrongAt(path+".tenants", &wrong{
			"names tenants, and " + h.Name + " is asked before it is known which tenant a call is for", "remove the list: the plugin is asked in every call",
		})
	}
}

// overlaps tells whether a call would ask the plugin twice.
func (b Binding) overlaps(o Binding) bool {
	if b.Hook != o.Hook || b.Plugin != o.Plugin {
		return false
	}
	return len(b.Tenants) == 0 || len(o.Tenants) == 0 ||
		slices.ContainsFunc(b.Tenants, func(id string) bool { return slices.Contains(o.Tenants, id) })
}

func (p Plugins) loads(name string) bool { return slices.Contains(p.names(), name) }

func (p Plugins) names() []string {
	names := make([]string, len(p.Load))
	for i, one := range p.Load {
		names[i] = one.Name
	}
	return names
}

func oneOrNone(names []string) string {
	if len(names) == 0 {
		return "remove the binding"
	}
	return "write one of " + strings.Join(names, ", ")
}

type bindingView struct {
	Hook      string   `yaml:"hook"`
	Plugin    string   `yaml:"plugin"`
	OnFailure string   `yaml:"on_failure,omitempty"`
	Timeout   string   `yaml:"timeout,omitempty"`
	Tenants   []string `yaml:"tenants,omitempty"`
	Enabled   *bool    `yaml:"enabled,omitempty"`
}

func shownBinding(b Binding) bindingView {
	view := bindingView{Hook: b.Hook, Plugin: b.Plugin, OnFailure: b.OnFailure, Tenants: b.Tenants}
	if b.Timeout > 0 {
		view.Timeout = formatDuration(b.Timeout)
	}
	if !b.Enabled {
		view.Enabled = &b.Enabled
	}
	return view
}
