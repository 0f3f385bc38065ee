package config_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/usher-id/usher/config"
)

const someTenant = "0190a000-0000-7000-8000-00000000000A"

// hooks are what a host would say of two of its hooks.
func hooks() []config.Hook {
	return []config.Hook{
		{Name: "signup.validate", OnFailure: []string{"closed", "open"}, MaxTimeout: 10 * time.Second},
		{Name: "message.render", OnFailure: []string{"native", "retry"}, Tenants: true, MaxTimeout: 10 * time.Second},
		{Name: "event.deliver", OnFailure: []string{"retry"}, Tenants: true, MaxTimeout: 10 * time.Second},
	}
}

func TestBindings(t *testing.T) {
	t.Parallel()
	s := config.Sources{Hooks: hooks(), File: write(t, `
plugins:
  load: [{name: a, file: a.wasm}, {name: b, file: b.wasm}]
  safe_mode: [message.render, a]
  bindings:
    - {hook: signup.validate, plugin: b, on_failure: open, timeout: 1500ms}
    - {hook: signup.validate, plugin: a}
    - hook: message.render
      plugin: a
      tenants: [`+someTenant+`]
      enabled: false
`)}
	c := load(t, s)
	list := c.Plugins.Bindings
	for name, ok := range map[string]bool{
		"order":    len(list) == 3 && list[0].Plugin == "b" && list[1].Plugin == "a",
		"first":    list[0].OnFailure == "open" && list[0].Timeout == 1500*time.Millisecond && list[0].Enabled,
		"defaults": list[1].OnFailure == "" && list[1].Timeout == 0 && list[1].Enabled && list[1].Tenants == nil,
		"third":    slices.Equal(list[2].Tenants, []string{strings.ToLower(someTenant)}) && !list[2].Enabled,
		"safe":     slices.Equal(c.Plugins.SafeMode, []string{"message.render", "a"}),
		"none":     load(t, config.Sources{}).Plugins.Bindings == nil,
	} {
		if !ok {
			t.Errorf("%s is wrong: %+v", name, c.Plugins)
		}
	}
	shown, err := c.Effective()
	if err != nil {
		t.Fatal(err)
	}
	s.File = write(t, string(shown))
	if d := config.Diff(c, load(t, s)); len(d) > 0 {
		t.Errorf("what is shown comes back with differences: %+v", d)
	}
	environ := config.Sources{Hooks: hooks(), Environ: []string{
		`USHER_PLUGINS_LOAD=[{"name":"a","file":"a.wasm"}]`, `USHER_PLUGINS_BINDINGS=[{"hook":"signup.validate","plugin":"a","timeout":"20ms"}]`,
	}}
	if got := load(t, environ).Plugins.Bindings; len(got) != 1 || got[0].Timeout != 20*time.Millisecond {
		t.Errorf("from the environment: %+v", got)
	}
}

// TestBindingProblems has a row for each way to be wrong; the key says where, and no
// value is told but the words that we have ourselves.
func TestBindingProblems(t *testing.T) {
	t.Parallel()
	const good = "{hook: message.render, plugin: a}"
	for name, row := range map[string]struct{ item, want string }{
		"not a choice":   {"{hook: signup.validate, plugin: a, on_failure: native}", `usher.yaml:5: plugins.bindings[1].on_failure: "native" is no choice of signup.validate; write closed or open`},
		"one choice":     {"{hook: event.deliver, plugin: a, on_failure: open}", `plugins.bindings[1].on_failure: "open" is no choice of event.deliver; write retry`},
		"not a policy":   {"{hook: signup.validate, plugin: a, on_failure: canary}", "plugins.bindings[1].on_failure: is no choice of signup.validate; write closed or open"},
		"not loaded":     {"{hook: signup.validate, plugin: canary}", "plugins.bindings[1].plugin: names a plugin that is not loaded; load it in plugins.load, or write one of a, b"},
		"not a hook":     {"{hook: signup.validat, plugin: a}", "plugins.bindings[1].hook: is not a hook; did you mean signup.validate?"},
		"twice":          {good, "plugins.bindings[1]: binds the same plugin to the same hook as plugins.bindings[0]; keep one"},
		"twice for one":  {"{hook: message.render, plugin: a, tenants: [" + someTenant + "]}", "plugins.bindings[1]: binds the same plugin to the same hook"},
		"malformed id":   {"{hook: message.render, plugin: b, tenants: [canary]}", "plugins.bindings[1].tenants: item 1 is not the id of a tenant; write a UUID"},
		"tenant twice":   {"{hook: message.render, plugin: b, tenants: [" + someTenant + ", " + strings.ToLower(someTenant) + "]}", "plugins.bindings[1].tenants: names a tenant twice"},
		"no tenants":     {"{hook: message.render, plugin: b, tenants: []}", "plugins.bindings[1].tenants: is an empty list"},
		"never a tenant": {"{hook: signup.validate, plugin: b, tenants: [" + someTenant + "]}", "plugins.bindings[1].tenants: names tenants, and signup.validate is asked before it is known which tenant"},
		"too short":      {"{hook: signup.validate, plugin: a, timeout: 500us}", "plugins.bindings[1].timeout: is out of bounds; write at least 1ms"},
		"too long":       {"{hook: signup.validate, plugin: a, timeout: 11s}", "plugins.bindings[1].timeout: is out of bounds; write something from 1ms to 10s"},
		"no unit":        {"{hook: signup.validate, plugin: a, timeout: 20}", "plugins.bindings[1].timeout: wants a duration with its unit"},
		"unknown key":    {"{hook: signup.validate, plugin: a, on_fail: canary}", "plugins.bindings[1].on_fail: unknown key; did you mean on_failure?"},
		"no hook":        {"{plugin: a}", "plugins.bindings[1].hook: is missing"},
		"no plugin":      {"{hook: signup.validate}", "plugins.bindings[1].plugin: is missing"},
		"text":           {"canary", "plugins.bindings[1]: wants hook and plugin, has text"},
		"enabled":        {"{hook: signup.validate, plugin: a, enabled: canary}", "plugins.bindings[1].enabled: wants true or false, has text"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := "plugins:\n  load: [{name: a, file: a.wasm}, {name: b, file: b.wasm}]\n  bindings:\n    - " + good + "\n    - " + row.item + "\n"
			refused(t, file, row.want)
		})
	}
	refused(t, "plugins: {bindings: canary}", "plugins.bindings: wants a list, has text")
	refused(t, "plugins: {safe_mode: [canary]}", "plugins.safe_mode: has an item that is neither a hook nor a loaded plugin")
	refused(t, "plugins: {load: [{name: all, file: x}]}", "plugins.load: has a plugin named all")
	refused(t, "plugins: {load: [{name: a, file: x, tenants: [canary]}]}", "write tenants: below an item of plugins.bindings")
}

func refused(t *testing.T, file, want string) {
	t.Helper()
	_, err := config.Load(config.Sources{Hooks: hooks(), File: write(t, file)})
	if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "canary") {
		t.Errorf("error %v\nwants %s", err, want)
	}
	if invalid, ok := err.(*config.Invalid); ok && len(invalid.Problems) != 1 { //nolint:errorlint // Load wraps nothing
		t.Errorf("%d problems for one: %v", len(invalid.Problems), err)
	}
}

// Other bytes in the file of a plugin are a difference, and it says which.
func TestPluginFileChanged(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := config.Sources{File: write(t, "plugins: {dir: "+dir+", load: [{name: a, file: a.wasm}, {name: gone, file: gone.wasm}]}")}
	wasm := filepath.Join(dir, "a.wasm")
	var read []*config.Config
	for _, content := range []string{"one", "two", "two"} {
		if err := os.WriteFile(wasm, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		read = append(read, load(t, s))
	}
	d := config.Diff(read[0], read[1])
	if len(d) != 1 || d[0].Key != "plugins.load" || !d[0].Live || d[0].Old == d[0].New || !strings.Contains(d[0].New, "digest: 3fc4ccfe7458") {
		t.Errorf("differences %+v", d)
	}
	if d := config.Diff(read[1], read[2]); len(d) != 0 {
		t.Errorf("the same bytes differ: %+v", d)
	}
}
