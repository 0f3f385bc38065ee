package plugins

import (
	"reflect"
	"slices"

	"github.com/usher-id/usher/hostapi"
)

// SafeMode says which bindings are switched off, whatever else a release says: an
// operator's way around a plugin that does harm. The zero value switches off none.
type SafeMode struct {
	All     bool
	Hooks   []hostapi.Hook
	Plugins []string
}

// covers tells whether a binding is switched off. A nil SafeMode covers none.
func (m *SafeMode) covers(b *binding) bool {
	return m != nil && (m.All || slices.Contains(m.Hooks, b.Hook) || slices.Contains(m.Plugins, b.Plugin))
}

// SetSafeMode switches bindings off, or on again. It holds for every call that
// begins afterwards, and for what is loaded later too; nothing is loaded or freed.
func (e *Engine) SetSafeMode(m SafeMode) {
	var next *SafeMode
	if m.All || len(m.Hooks)+len(m.Plugins) > 0 {
		next = &m
	}
	old := e.safe.Swap(next)
	switch {
	case reflect.DeepEqual(old, next):
	case next != nil:
		e.deps.Log.Warn("plugins switched off by safe mode", "all", m.All, "hooks", m.Hooks, "plugins", m.Plugins)
	default:
		e.deps.Log.Warn("safe mode ended, plugins switched on again")
	}
}
