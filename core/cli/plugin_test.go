package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/usher-id/usher/core/cli"
)

// guest is a module that answers signup.validate with {"outcome":"continue"}, as bytes:
// types () -> i32 and (i32, i32) -> i32, the import output_write, one memory page.
func guest() []byte {
	var b bytes.Buffer
	section := func(id byte, body string) { b.WriteByte(id); b.WriteByte(byte(len(body))); b.WriteString(body) }
	b.WriteString("\x00asm\x01\x00\x00\x00")
	section(1, "\x02\x60\x00\x01\x7f\x60\x02\x7f\x7f\x01\x7f")
	section(2, "\x01\x0dusher:core/v1\x0coutput_write\x00\x01")
	section(3, "\x01\x00")
	section(5, "\x01\x00\x01")
	section(7, "\x02\x06memory\x02\x00\x15usher_signup_validate\x00\x01")
	section(10, "\x01\x0b\x00\x41\x00\x41\x16\x10\x00\x1a\x41\x00\x0b")
	section(11, "\x01\x00\x41\x00\x0b\x16"+`{"outcome":"continue"}`)
	return b.Bytes()
}

const guestManifest = `{"name":"g","version":"1.2.3","hooks":{"signup.validate":{"fields":["email"]}},
	"fixtures":[{"name":"lets through","hook":"signup.validate","data":{"email":"a@b.example"},"want":{"outcome":"continue"}}]}`

// run gives the exit code and everything that was printed.
func run(t *testing.T, args ...string) (int, string) {
	t.Helper()
	var out bytes.Buffer
	code := cli.Run(t.Context(), os.DirFS("../.."), args, &out, &out)
	return code, out.String()
}

func TestPlugin(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	plain, manifest := file("plain.wasm", string(guest())), file("manifest.json", guestManifest)
	bad := file("bad.json", `{"name":"G"}`)
	fails := file("fails.json", `[{"name":"denies","hook":"signup.validate","data":{},"want":{"outcome":"deny"}}]`)
	packed := filepath.Join(dir, "packed.wasm")
	for _, step := range []struct {
		args []string
		code int
		says []string
	}{
		{[]string{"plugin"}, 0, []string{"pack", "inspect", "test"}},
		{[]string{"plugin", "sing"}, 2, []string{`there is no command "usher plugin sing"`}},
		{[]string{"plugin", "inspect", plain}, 0, []string{"without a manifest", "signup.validate, given every field"}},
		{[]string{"plugin", "test", plain}, 1, []string{"there are no fixtures"}},
		{[]string{"plugin", "pack", plain, "-o", packed}, 2, []string{"needs --manifest and --output"}},
		{[]string{"plugin", "pack"}, 2, []string{"takes one .wasm file"}},
		{[]string{"plugin", "pack", plain, "--manifest", bad, "-o", packed}, 1, []string{plain, "name:", "version:", "hooks:"}},
		{[]string{"plugin", "pack", plain, "--manifest", manifest, "-o", packed}, 0, nil},
		{[]string{"plugin", "pack", packed, "--manifest", manifest, "-o", packed}, 0, nil},
		{[]string{"plugin", "inspect", packed}, 0, []string{"g 1.2.3", "sha256:", "64 KiB of memory at start", "signup.validate, given email", "none", "100 ms", "fixtures"}},
		{[]string{"plugin", "inspect", manifest}, 1, []string{"no core WebAssembly module"}},
		{[]string{"plugin", "test", packed}, 0, []string{"pass", "lets through", "fuel"}},
		{[]string{"plugin", "test", packed, "--fixtures", fails}, 1, []string{"FAIL", `$.outcome: want "deny", got "continue"`, "1 of 1 fixtures failed"}},
		{[]string{"plugin", "test", packed, "--fixtures", manifest}, 1, []string{"manifest.json"}},
	} {
		code, out := run(t, step.args...)
		if code != step.code {
			t.Errorf("%v gives %d, want %d: %s", step.args, code, step.code, out)
		}
		for _, text := range step.says {
			if !strings.Contains(out, text) {
				t.Errorf("%v does not say %q: %s", step.args, text, out)
			}
		}
	}
	if drafts, _ := filepath.Glob(packed + ".*"); len(drafts) > 0 {
		t.Errorf("left behind: %v", drafts)
	}
}
