package e2e_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/usher-id/usher/tests/hosttest"
	"github.com/usher-id/usher/tests/pgtest"
)

// Answers of guests at signup.validate.
const (
	accepting = `{"outcome":"continue"}`
	refusing  = `{"outcome":"deny","errors":[{"field":"organization_name","code":"not_you","message":"Not you."}]}`
)

// wasmGuest is the smallest module that serves signup.validate: it answers when the
// question has at least so many bytes, and breaks the contract by silence otherwise.
func wasmGuest(answer string, least int) string {
	const hook, i32 = "usher_signup_validate", "\x7f"
	section := func(id byte, content string) string { return string(id) + number(len(content)) + content }
	text := func(s string) string { return number(len(s)) + s }
	body := "\x00" + // no locals
		"\x10\x00\x41" + signed(least) + "\x4e\x04\x40" + // call input_len, i32.ge_s, if
		"\x41\x00\x41" + signed(len(answer)) + "\x10\x01\x1a\x0b" + // output_write(0, len), drop, end
		"\x41\x00\x0b" // return 0
	return "\x00asm\x01\x00\x00\x00" +
		section(1, "\x02\x60\x00\x01"+i32+"\x60\x02"+i32+i32+"\x01"+i32) +
		section(2, "\x02"+text("usher:core/v1")+text("input_len")+"\x00\x00"+text("usher:core/v1")+text("output_write")+"\x00\x01") +
		section(3, "\x01\x00") + section(5, "\x01\x00\x01") +
		section(7, "\x02"+text("memory")+"\x02\x00"+text(hook)+"\x00\x02") +
		section(10, "\x01"+text(body)) + section(11, "\x01\x00\x41\x00\x0b"+text(answer))
}

// number is LEB128.
func number(n int) string {
	if n < 0x80 {
		return string([]byte{byte(n)})
	}
	return string([]byte{byte(n)&0x7f | 0x80}) + number(n>>7)
}

func signed(n int) string {
	if n < 0x40 {
		return string([]byte{byte(n)})
	}
	return string([]byte{byte(n)&0x7f | 0x80}) + signed(n>>7)
}

// extended is a host with plugins that a test writes and binds.
type extended struct {
	*hosttest.Host

	t   *testing.T
	dir string
}

// settings are a configuration file; bindings is the rest of it, below plugins.
func (x *extended) settings(names []string, bindings string) string {
	file := "plugins:\n  dir: " + x.dir + "\n  load:\n"
	for _, name := range names {
		file += "    - {name: " + name + ", file: " + name + ".wasm}\n"
	}
	return file + bindings
}

func (x *extended) plugin(name, wasm string) {
	x.t.Helper()
	if err := os.WriteFile(filepath.Join(x.dir, name+".wasm"), []byte(wasm), 0o600); err != nil {
		x.t.Fatal(err)
	}
}

func (x *extended) signUp(t *testing.T, organisation string) hosttest.Answer {
	t.Helper()
	return x.Client(t).Post("/v1/signups", hosttest.Object{"email": newAddress("plugged"), "organization_name": organisation})
}

func (x *extended) reload(t *testing.T) hosttest.Answer {
	t.Helper()
	return x.Operators(t).Post("/admin/v1/config/reload", nil)
}

// calls counts the calls of a plugin that ended so.
func (x *extended) calls(t *testing.T, plugin, outcome string) (n float64) {
	t.Helper()
	for _, s := range metricsOf(t, x.Host) {
		if s.name == "usher_plugin_call_duration_seconds_count" && s.has([]string{"plugin=" + plugin, "outcome=" + outcome}) {
			n += s.value
		}
	}
	return n
}

// TestPlugins is what an operator sees of plugins: their order, their reload, safe mode
// and the breaker. Only two steps need those before them, so that it takes one host.
func TestPlugins(t *testing.T) {
	t.Parallel()
	x := &extended{t: t, dir: t.TempDir()}
	three := []string{"accepts", "denies", "last"}
	for _, name := range three {
		x.plugin(name, wasmGuest(accepting, 0))
	}
	x.plugin("denies", wasmGuest(refusing, 0))
	const chain = "  bindings:\n    - {hook: signup.validate, plugin: accepts, timeout: 4s}\n" +
		"    - {hook: signup.validate, plugin: denies}\n    - {hook: signup.validate, plugin: last, on_failure: open}\n"
	x.Host = hosttest.Start(t, hosttest.Options{File: x.settings(three, chain), Settings: map[string]string{"database.url": pgtest.New(t)}})

	t.Run("a chain of three", func(t *testing.T) {
		refused := x.signUp(t, "Chained").Problem(422, "validation_failed")
		equal(t, "why", refused.Text("errors", 0, "field")+" "+refused.Text("errors", 0, "code"), "organization_name not_you")
		equal(t, "calls of the first", x.calls(t, "accepts", "continue"), 1)
		equal(t, "calls of the second", x.calls(t, "denies", "deny"), 1)
		equal(t, "calls of the third", x.calls(t, "last", "continue"), 0)
		hooks := x.Operators(t).Get("/admin/v1/hooks").Want(200)
		equal(t, "first hook", hooks.Text("data", 0, "hook")+" "+hooks.Text("data", 0, "on_failure"), "signup.validate [closed open]")
		for i, want := range []string{"1 accepts closed 4000", "2 denies closed 5000", "3 last open 5000"} {
			link := func(key string) string { return hooks.Text("data", 0, "bindings", i, key) }
			equal(t, "link", link("order")+" "+link("plugin")+" "+link("on_failure")+" "+link("timeout_ms"), want)
		}
		list := x.Operators(t).Get("/admin/v1/plugins").Want(200)
		equal(t, "plugin", list.Text("data", 1, "name")+" "+list.Text("data", 1, "hooks")+" "+list.Text("data", 1, "bindings", 0, "breaker", "state"),
			"denies [signup.validate] closed")
		x.Client(t).Get("/admin/v1/plugins").Want(404)
		health := x.Client(t).Get("/health/plugins").Want(200)
		equal(t, "health", health.Text("status")+" "+health.Text("checks", 3, "name"), "ok plugin.denies")
	})
	t.Run("other bytes", func(t *testing.T) { otherBytes(t, x) })
	t.Run("safe mode", func(t *testing.T) { switchedOff(t, x, x.settings(three, chain)) })
	t.Run("a breaker", func(t *testing.T) { breaker(t, x) })
}

// otherBytes changes a plugin's file below its name.
func otherBytes(t *testing.T, x *extended) {
	x.plugin("denies", "no module")
	refused := x.reload(t).Problem(422, "validation_failed")
	for _, word := range []string{"denies", "no core WebAssembly module"} {
		if !strings.Contains(refused.Text("detail"), word) {
			t.Errorf("the operator is told %s", refused.Text("detail"))
		}
	}
	x.signUp(t, "Kept").Problem(422, "validation_failed") // by the bytes before
	equal(t, "swaps refused", metricsOf(t, x.Host).value(t, "usher_plugin_swap_total", "outcome=refused"), 1)
	x.plugin("denies", wasmGuest(accepting, 0))
	changed := x.reload(t).Want(200)
	equal(t, "changed", changed.Text("applied", 0, "key"), "plugins.load")
	x.signUp(t, "Accepted").Want(202)
	equal(t, "swaps", metricsOf(t, x.Host).value(t, "usher_plugin_swap_total", "outcome=done"), 1)
	x.plugin("denies", wasmGuest(refusing, 0))
	x.reload(t).Want(200)
	x.signUp(t, "Refused again").Problem(422, "validation_failed")
}

// switchedOff turns safe mode on by a reload, though what lies in a plugin's file has
// become nonsense.
func switchedOff(t *testing.T, x *extended, settings string) {
	x.plugin("last", "no module")
	write(t, x.Host, settings+"  safe_mode: [denies]\n")
	hosttest.Until(t, "safe mode", func() bool { return x.signUp(t, "Switched off").Status == 202 })
	x.Log.WaitLine(t, "plugins switched off by safe mode", "level=WARN", "denies")
	equal(t, "metric", metricsOf(t, x.Host).value(t, "usher_plugin_safe_mode", "hook=signup.validate", "plugin=denies"), 1)
	equal(t, "metric", metricsOf(t, x.Host).value(t, "usher_plugin_safe_mode", "hook=signup.validate", "plugin=last"), 0)
	hosttest.Until(t, "health to say so", func() bool {
		page := x.Client(t).Get("/health/plugins").Want(200)
		return page.Text("status")+page.Text("checks", 1, "name")+page.Text("checks", 1, "status") == "degradedsafe_modedegraded"
	})
	hooks := x.Operators(t).Get("/admin/v1/hooks").Want(200)
	equal(t, "denies", hooks.Text("data", 0, "bindings", 1, "safe_mode"), "true")
	before := x.calls(t, "accepts", "continue")
	x.Operators(t).Get("/admin/v1/config").Want(200)
	x.Operators(t).Get("/admin/v1/plugins").Want(200)
	equal(t, "calls made for operators", x.calls(t, "accepts", "continue")-before, 0)

	x.plugin("last", wasmGuest(accepting, 0))
	write(t, x.Host, settings)
	hosttest.Until(t, "safe mode to end", func() bool { return x.signUp(t, "Switched on").Status == 422 })
	x.Log.WaitLine(t, "safe mode ended")
}

// breaker has a plugin break the contract until it is no longer asked, and then be well.
func breaker(t *testing.T, x *extended) {
	x.plugin("moody", wasmGuest(accepting, 510))
	write(t, x.Host, x.settings([]string{"moody"}, ""))
	hosttest.Until(t, "the moody one", func() bool { return x.signUp(t, "Short").Status == 503 })
	for range 30 {
		refused := x.signUp(t, "Short").Problem(503, "unavailable")
		equal(t, "Retry-After", refused.Header.Get("Retry-After"), "5")
	}
	x.Log.WaitLine(t, "plugin breaker opened", "level=WARN", "plugin=moody", "failures=20")
	equal(t, "lines", len(x.Log.Lines("plugin breaker opened")), 1)
	if x.calls(t, "moody", "skipped") == 0 {
		t.Error("it is asked all the same")
	}
	equal(t, "metric", metricsOf(t, x.Host).value(t, "usher_plugin_breaker_open", "hook=signup.validate", "plugin=moody"), 1)
	equal(t, "state", x.Operators(t).Get("/admin/v1/plugins").Text("data", 0, "bindings", 0, "breaker", "state"), "open")
	hosttest.Until(t, "health to say so", func() bool { return x.Client(t).Get("/health/plugins").Text("status") == "degraded" })

	hosttest.Until(t, "a probe to be answered", func() bool { return x.signUp(t, strings.Repeat("long ", 23)).Status == 202 })
	x.Log.WaitLine(t, "plugin breaker closed")
	x.signUp(t, strings.Repeat("long ", 23)).Want(202)
	equal(t, "metric", metricsOf(t, x.Host).value(t, "usher_plugin_breaker_open", "hook=signup.validate", "plugin=moody"), 0)
	hosttest.Until(t, "health to be well", func() bool { return x.Client(t).Get("/health/plugins").Text("status") == "ok" })
}
