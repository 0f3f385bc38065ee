package app

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/usher-id/usher/config"
	"github.com/usher-id/usher/core"
)

// bindable says what is wrong with the bindings of a release, by the rules that bindings of the
// configuration are held to. A plugin must be in the release or in plugins.load.
func (a *App) bindable(bindings []core.ReleasedBinding, content core.ReleaseContent) (wrong []core.FieldError) {
	load := a.config.Current().Plugins.Load
	known := func(name string) bool {
		return released(content, name) != nil || slices.ContainsFunc(load, func(p config.Plugin) bool { return p.Name == name })
	}
	for i, b := range bindings {
		say := func(field, code, format string, args ...any) {
			wrong = append(wrong, core.FieldError{
				Field: fmt.Sprintf("bindings[%d].%s", i, field), Code: code, Message: fmt.Sprintf(format, args...),
			})
		}
		at := slices.IndexFunc(HookRules(), func(h config.Hook) bool { return h.Name == b.Hook })
		if at < 0 {
			say("hook", "unknown", "There is no hook %q.", b.Hook)
			continue
		}
		if !known(b.Plugin) {
			say("plugin", "unknown", "Neither the release nor plugins.load has a plugin %q.", b.Plugin)
		}
		checkBinding(b, HookRules()[at], say)
		if j := slices.IndexFunc(bindings[:i], func(o core.ReleasedBinding) bool { return overlap(b, o) }); j >= 0 {
			say("plugin", "twice", "bindings[%d] asks %s at %s already.", j, b.Plugin, b.Hook)
		}
	}
	return wrong
}

func checkBinding(b core.ReleasedBinding, h config.Hook, say func(field, code, format string, args ...any)) {
	if b.OnFailure != "" && !slices.Contains(h.OnFailure, b.OnFailure) {
		say("on_failure", "invalid", "At %s a failure may mean: %s.", h.Name, strings.Join(h.OnFailure, ", "))
	}
	if b.Timeout != 0 && (b.Timeout < time.Millisecond || b.Timeout > h.MaxTimeout) {
		say("timeout_ms", "out_of_range", "Give 1 to %d milliseconds.", h.MaxTimeout.Milliseconds())
	}
	if len(b.Tenants) > 0 && !h.Tenants {
		say("tenants", "not_used", "%s is asked before it is known which tenant a call is for; leave the list out.", h.Name)
	}
	for _, id := range b.Tenants {
		if parsed, err := core.ParseID(id); err != nil || parsed.String() != id {
			say("tenants", "invalid", "%q is not the id of a tenant in lower case.", id)
		}
	}
}

// overlap tells whether a call would ask the plugin twice.
func overlap(a, b core.ReleasedBinding) bool {
	if a.Hook != b.Hook || a.Plugin != b.Plugin {
		return false
	}
	return len(a.Tenants) == 0 || len(b.Tenants) == 0 ||
		slices.ContainsFunc(a.Tenants, func(id string) bool { return slices.Contains(b.Tenants, id) })
}
