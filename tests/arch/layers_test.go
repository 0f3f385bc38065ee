package arch_test

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// ban says that packages in from, but for except, import nothing in deny. Folders of this repository are written from
// its root, other modules by their path. A folder that ends in "$" means itself and not what is below it.
type ban struct {
	name   string
	from   []string
	except []string
	deny   []string
	why    string
}

var bans = []ban{
	{
		"plugins-core",
		[]string{"plugins"},
		nil,
		[]string{"core"},
		"the plugin runtime serves any host; core/hook declares what it needs of it",
	},
	{
		"activation",
		[]string{"core/activation"},
		nil,
		[]string{"hostapi", "core/store", "core/web", "core/app"},
		"use cases speak the words of core and declare the few methods they need",
	},
	{
		"after-the-commit",
		[]string{"core/mail", "core/event", "core/job"},
		nil,
		[]string{"core/store"},
		"they declare the rows they need, so that the store can change under them",
	},
	{
		"runtime",
		[]string{"core"},
		[]string{"core/app", "core/cli"},
		[]string{"plugins"},
		"core/hook declares the runner it needs; only app knows the runtime",
	},
	{
		"app",
		[]string{"core", "config", "hostapi", "plugins", "sdk"},
		[]string{"core/app", "core/cli"},
		[]string{"core/app", "core/cli"},
		"app puts the parts together; a part that knows app knows everything",
	},
	{
		"helpers",
		[]string{""},
		[]string{"tests"},
		[]string{"tests"},
		"helpers of tests are no part of the product",
	},
	{
		"otel-sdk",
		[]string{""},
		[]string{"core/telemetry", "tests"},
		[]string{"go.opentelemetry.io/otel/sdk", "go.opentelemetry.io/otel/exporters"},
		"the SDK is core/telemetry's; the API is everybody's",
	},
	{
		"bun",
		[]string{""},
		[]string{"core/store"},
		[]string{"github.com/uptrace/bun"},
		"bun and its tags stay in core/store; domain types have none",
	},
	{
		"fiber",
		[]string{""},
		[]string{"core/web", "tests/load"},
		[]string{"github.com/gofiber/fiber"},
		"a *fiber.Ctx is reused after its handler, so it never leaves core/web",
	},
	{
		"wazero",
		[]string{""},
		[]string{"plugins", "hostapi/host"},
		[]string{"github.com/tetratelabs/wazero"},
		"the engine can be changed as long as two packages know it",
	},
	{
		"koanf",
		[]string{""},
		[]string{"config"},
		[]string{"github.com/knadh/koanf"},
		"config hands out plain structs",
	},
}

func TestLayers(t *testing.T) {
	t.Parallel()
	for _, b := range bans {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			for _, p := range ours(t) {
				if !b.covers(p) {
					continue
				}
				for _, imp := range p.Imports {
					if b.denies(imp) {
						t.Errorf("%s imports %s: %s", p.ImportPath, imp, b.why)
					}
				}
			}
		})
	}
}

// TestBansBite keeps a mistyped row from passing for ever.
func TestBansBite(t *testing.T) {
	t.Parallel()
	for _, b := range bans {
		inside := pkg{ImportPath: module + "/" + cmp.Or(b.from[0], "core/any")}
		if !b.covers(inside) {
			t.Errorf("%s does not cover %s", b.name, inside.ImportPath)
		}
		for _, d := range b.deny {
			if !strings.Contains(d, ".") {
				d = module + "/" + d
			}
			if !b.denies(d) || !b.denies(d+"/below") || b.denies(d+"other") {
				t.Errorf("%s does not deny %s and what is below it, alone", b.name, d)
			}
		}
		for _, e := range b.except {
			if b.covers(pkg{ImportPath: module + "/" + e}) {
				t.Errorf("%s covers %s", b.name, e)
			}
		}
	}
}

func (b ban) covers(p pkg) bool {
	everywhere := len(b.from) == 1 && b.from[0] == ""
	return (everywhere || p.in(b.from...)) && !p.in(b.except...)
}

func (b ban) denies(imp string) bool {
	if inside, ok := strings.CutPrefix(imp, module+"/"); ok {
		return within(inside, b.deny)
	}
	return within(imp, b.deny)
}

// light are the packages that may need nothing but the standard library and what is named, however indirectly.
var light = []struct {
	name     string
	packages []string
	except   []string
	allow    []string
	env      []string
	why      string
}{
	{
		"core",
		[]string{"./core"},
		nil,
		[]string{"core$"},
		nil,
		"the words of the domain must not change because a library does",
	},
	{
		"guard",
		[]string{"./core/release/guard", "./core/release/cost"},
		nil,
		[]string{"core/release/guard", "core/release/cost"},
		nil,
		"whether a candidate is worse is arithmetic: a simulation must be able to run it a million times",
	},
	{
		"hostapi",
		[]string{"./hostapi"},
		nil,
		[]string{"hostapi$"},
		nil,
		"guests compile it to WebAssembly: every dependency would be in every plugin",
	},
	{
		"sdk",
		[]string{"./sdk/..."},
		[]string{"sdk/sdktest"}, // runs a guest on the real runtime, so never in a guest
		[]string{"hostapi$", "sdk"},
		nil,
		"the size and start-up time of a guest are its author's",
	},
	{
		"bundled plugins",
		[]string{"./plugins/bundled/..."},
		nil,
		[]string{"hostapi$", "sdk", "plugins/bundled"},
		[]string{"GOOS=wasip1", "GOARCH=wasm"},
		"a bundled plugin stands on what every author has: the SDK",
	},
}

func TestLight(t *testing.T) {
	t.Parallel()
	for _, l := range light {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			for _, p := range list(t, l.env, append([]string{"-deps"}, l.packages...)...) {
				if p.Standard || p.in(l.except...) || within(p.folder(), l.allow) {
					continue
				}
				if !usedBeyond(t, l.env, l.packages, l.except, p.ImportPath) {
					continue
				}
				t.Errorf("%s needs %s: %s", l.name, p.ImportPath, l.why)
			}
		})
	}
}

// heavy are packages of the standard library that make a guest big and slow to start.
var heavy = []string{"encoding/json", "fmt", "net", "net/http", "os", "reflect", "regexp", "text/template", "time"}

// TestGuestsAreLight keeps the SDK, the bundled plugins and the examples, which are modules of their own, clear of them.
func TestGuestsAreLight(t *testing.T) {
	t.Parallel()
	wasm := []string{"GOOS=wasip1", "GOARCH=wasm"}
	guests := list(t, wasm, "./sdk/...", "./plugins/bundled/...", "./examples/...")
	for _, file := range committed(t, ":(glob)examples/plugins/*/go.mod") {
		projects := listIn(t, filepath.Join(root, filepath.Dir(file)), wasm, ".")
		if len(projects) != 1 || len(projects[0].Deps) == 0 {
			t.Errorf("%s: there is no program beside it", file)
		}
		guests = append(guests, projects...)
	}
	for _, p := range guests {
		if p.in("sdk/sdktest") { // runs natively, never in a guest
			continue
		}
		for _, dep := range p.Deps {
			if slices.Contains(heavy, dep) {
				t.Errorf("%s needs %s, which costs every guest", p.ImportPath, dep)
			}
		}
	}
}

// capabilities are the packages of the SDK that import a capability.
var capabilities = []string{"sdk/http", "sdk/kv", "sdk/secret", "sdk/telemetry"}

// TestCapabilitiesAreApart keeps a guest that uses no capability from importing one.
func TestCapabilitiesAreApart(t *testing.T) {
	t.Parallel()
	for _, p := range list(t, nil, "./sdk/...") {
		for _, imp := range p.Imports {
			if inside, ok := strings.CutPrefix(imp, module+"/"); ok && within(inside, capabilities) {
				t.Errorf("%s imports %s: every guest with it would ask for the capability", p.ImportPath, imp)
			}
		}
	}
}

// usedBeyond says whether a package outside of except needs dep.
func usedBeyond(t *testing.T, env, patterns, except []string, dep string) bool {
	t.Helper()
	if len(except) == 0 {
		return true
	}
	for _, p := range list(t, env, patterns...) {
		if !p.in(except...) && strings.Contains(" "+strings.Join(p.Deps, " ")+" ", " "+dep+" ") {
			return true
		}
	}
	return false
}
