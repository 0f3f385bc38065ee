package project_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/plugins"
	"github.com/usher-id/usher/plugins/kit"
	"github.com/usher-id/usher/plugins/project"
)

// rewritten creates a project in TypeScript that serves signup.validate and message.render, and changes its files.
func rewritten(t *testing.T, files map[string]string) *project.Project {
	t.Helper()
	p := create(t, "typescript", hostapi.HookSignupValidate, hostapi.HookMessageRender)
	for name, text := range files {
		file := filepath.Join(p.Dir, name)
		if text == "" {
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	opened, err := project.Open(p.Dir)
	if err != nil {
		t.Fatal(err)
	}
	return opened
}

// serving is a plugin.ts with a signup handler of that body, and no tests.
func serving(body string) map[string]string {
	return map[string]string{
		"test/signup_validate.test.ts": "", "test/message_render.test.ts": "",
		"plugin.ts": `import { accept, serve } from "#usher";
import { messageRender } from "./policy/message_render.ts";

export default serve({
  "message.render": messageRender,
  "signup.validate": (call, signup) => {
    ` + body + `
    return accept();
  },
});
`,
	}
}

// TestTypeScriptErrors wants each mistake of an author told with file, line and column, and what to do.
func TestTypeScriptErrors(t *testing.T) {
	t.Parallel()
	const top = "import { serve } from \"#usher\";\n\n"
	for name, c := range map[string]struct {
		files map[string]string
		wants []string
	}{
		"syntax":           {map[string]string{"plugin.ts": top + "export default serve({ =\n"}, []string{"plugin.ts:3:24: ", "Expected"}},
		"a missing file":   {map[string]string{"plugin.ts": top + `import { x } from "./polcy/x.ts"; export default serve(x);`}, []string{`plugin.ts:3:19: Could not resolve "./polcy/x.ts"`, "there is no such file"}},
		"a wrong name":     {map[string]string{"plugin.ts": `import { srve } from "#usher"; export default srve({});`}, []string{"plugin.ts:1:10: No matching export", `"srve"`}},
		"Node":             {map[string]string{"plugin.ts": `import { readFileSync } from "node:fs"; readFileSync("x");`}, []string{"plugin.ts:1:30: ", "a plugin has no Node.js"}},
		"no SDK":           {map[string]string{"plugin.ts": `import "#usher/smtp";`}, []string{"plugin.ts:1:8: ", "the SDK has no such file"}},
		"no plugin.ts":     {map[string]string{"plugin.ts": ""}, []string{"has no plugin.ts"}},
		"no default":       {map[string]string{"plugin.ts": `export const x = 1;`}, []string{"plugin.ts:1:1: it has no default export", "export default serve("}},
		"another default":  {map[string]string{"plugin.ts": `export default 7;`}, []string{"plugin.ts:1:1: ", "no handler for signup.validate"}},
		"a missing hook":   {map[string]string{"plugin.ts": top + "export default serve({});"}, []string{"plugin.ts:3:", "no handler for message.render, which manifest.json names", "take the hook out"}},
		"a hook too many":  {map[string]string{"plugin.ts": top + `export default serve({ "password.check": () => ({ outcome: "deny" }) });`}, []string{"plugin.ts:3:", "a handler for password.check", `below "hooks"`}},
		"BigInt":           {serving(`call.info(String(12n));`), []string{"plugin.ts:7:22: Big integer literals are not available in the engine of plugins"}},
		"a broken top":     {map[string]string{"plugin.ts": top + "const none: any = undefined;\nexport default serve(none.hooks);"}, []string{"plugin.ts:4:", "TypeError: cannot read property 'hooks' of undefined"}},
		"an early clock":   {map[string]string{"plugin.ts": top + "export const began = Date.now();\nexport default serve({});"}, []string{"plugin.ts:3:", "ask for it in a handler"}},
		"an early chance":  {map[string]string{"plugin.ts": top + "export const seed = Math.random();\nexport default serve({});"}, []string{"plugin.ts:3:", "ask for them in a handler"}},
		"no capability":    {map[string]string{"policy/signup_validate.ts": "\nimport { fetch } from \"#usher/http\";\nexport const signupValidate = (c: any) => fetch(c, {} as any) as any;"}, []string{"policy/signup_validate.ts:2:1: it uses usher:http/v1.fetch", `add "http"`}},
		"a broken test":    {map[string]string{"test/more.test.ts": "import \"./y.ts\";"}, []string{`test/more.test.ts:1:8: Could not resolve "./y.ts"`}},
		"an endless start": {map[string]string{"plugin.ts": "for (;;);\nexport default 1;"}, []string{"the top level of the script did not end"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			if name == "an endless start" {
				soon, cancel := context.WithTimeout(ctx, time.Second)
				defer cancel()
				ctx = soon
			}
			err := rewritten(t, c.files).Build(ctx)
			for _, want := range c.wants {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("it says %v, and not %q", err, want)
				}
			}
		})
	}
}

// TestTypeScriptIsReproducible wants the same bytes of the same sources, wherever they are, and nothing imported that is not used.
func TestTypeScriptIsReproducible(t *testing.T) {
	t.Parallel()
	var builds [][]byte
	for range 2 {
		p := rewritten(t, nil)
		build(t, p)
		wasm, err := os.ReadFile(p.Module())
		if err != nil {
			t.Fatal(err)
		}
		builds = append(builds, wasm)
	}
	if !bytes.Equal(builds[0], builds[1]) {
		t.Error("two builds differ")
	}
	facts, err := plugins.Inspect(builds[0])
	if err != nil {
		t.Fatal(err)
	}
	if len(facts.Capabilities) > 0 || !slices.Equal(facts.Hooks, []hostapi.Hook{hostapi.HookSignupValidate, hostapi.HookMessageRender}) {
		t.Errorf("it serves %v and imports %v", facts.Hooks, facts.Capabilities)
	}
	if facts.Bytes > 800<<10 {
		t.Errorf("%d bytes are too many", facts.Bytes)
	}
}

// TestTypeScriptFailures looks what a handler that breaks down is told to the operator as, that promises are kept, and that a text
// which was cut within a letter comes out.
func TestTypeScriptFailures(t *testing.T) {
	t.Parallel()
	files := serving(`const what = call.config.texts("blocked_domains")[0] ?? "";
    if (what === "null") return (null as any).x;
    if (what === "text") throw "a text";
    if (what === "nothing") return undefined as any;
    if (what === "deep") { const down = (): number => 1 + down(); down(); }
    if (what === "late") return Promise.resolve().then(() => { throw new RangeError("later"); });
    if (what === "never") return new Promise(() => {});
    if (what === "cut") return { outcome: "continue", data: { slug: "😀".slice(0, 1) + "a\\ud83d" } } as any;
    if (what === "kept") return Promise.resolve(accept());
    if (what === "chance") { if (Math.random() === Math.random()) throw "the same"; call.info(String(new Date().getFullYear() > 2000)); }`)
	p := rewritten(t, files)
	build(t, p)
	wasm, err := os.ReadFile(p.Module())
	if err != nil {
		t.Fatal(err)
	}
	var fixtures []hostapi.Fixture
	for what, fails := range map[string]string{
		"null":    "TypeError: cannot read property 'x' of null (at plugin.ts:8)",
		"text":    "it threw a text",
		"nothing": "the handler of signup.validate gave undefined",
		"deep":    "InternalError: stack overflow (at plugin.ts:11)",
		"late":    "RangeError: later (at plugin.ts:12)",
		"never":   "a promise that nobody keeps",
		"kept":    "", "chance": "", "": "",
	} {
		f := hostapi.Fixture{Name: what, Hook: hostapi.HookSignupValidate, Data: hostapi.RawJSON(`{}`), Fails: fails}
		if what != "" {
			f.Config = hostapi.RawJSON(`{"blocked_domains":["` + what + `"]}`)
		}
		if fails == "" {
			f.Want = hostapi.RawJSON(`{"outcome":"continue"}`)
		}
		fixtures = append(fixtures, f)
	}
	kit.Test(t, wasm, append(fixtures, hostapi.Fixture{ // half of a pair, which cutting a text leaves, is no JSON
		Name: "cut", Hook: hostapi.HookSignupValidate, Data: hostapi.RawJSON(`{}`), Config: hostapi.RawJSON(`{"blocked_domains":["cut"]}`),
		Want: hostapi.RawJSON(`{"outcome":"continue","data":{"slug":"\ufffda\\ud83d"}}`),
	}))
}
