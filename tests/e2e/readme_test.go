package e2e_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/usher-id/usher/plugins/kit"
	"github.com/usher-id/usher/tests/hosttest"
	"github.com/usher-id/usher/tests/pgtest"
)

// TestReadmePlugin builds the plugin of the README with its manifest, runs its fixtures,
// loads it as the README says, and has it refuse somebody.
func TestReadmePlugin(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	source := filepath.Join("build", "_readme-plugin") // in the module, and passed over by ./...
	folder := filepath.Join(hosttest.Root(t), source)
	if err := os.MkdirAll(folder, 0o750); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	if err := os.WriteFile(filepath.Join(folder, "main.go"), fenced(t, "go", "other_address"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "manifest.json"), fenced(t, "json", "other-addresses"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"main.go", "manifest.json"} { // the example is what the README shows
		shown, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		example, err := os.ReadFile(filepath.Join(hosttest.Root(t), "examples", "plugins", "other-addresses", name))
		if err != nil || !bytes.Equal(shown, example) {
			t.Errorf("examples/plugins/other-addresses/%s is not what the README shows: %v", name, err)
		}
	}
	guest := hosttest.Guest(t, source)
	wasm, err := os.ReadFile(guest)
	if err != nil {
		t.Fatal(err)
	}
	kit.Test(t, wasm, nil)
	if err := os.Link(guest, filepath.Join(dir, "other-addresses.wasm")); err != nil {
		t.Fatal(err)
	}
	h := hosttest.Start(t, hosttest.Options{
		Dir: dir, Guests: true, File: string(fenced(t, "yaml", "other-addresses")), Settings: map[string]string{"database.url": pgtest.New(t)},
	})
	h.Log.WaitLine(t, "plugin loaded", "other-addresses")
	refused := h.Client(t).Post("/v1/signups", hosttest.Object{"email": "ada@example.org", "organization_name": "x"}).Problem(422, "validation_failed")
	equal(t, "code", refused.Text("errors", 0, "code"), "other_address")
	newTenant(t, h)
}

// fenced is the first block of the README in a language that has the text given.
func fenced(t *testing.T, language, text string) []byte {
	t.Helper()
	readme, err := os.ReadFile(filepath.Join(hosttest.Root(t), "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllSubmatch(readme, -1) {
		if bytes.Contains(block[1], []byte(text)) {
			return block[1]
		}
	}
	t.Fatalf("the README has no block of %s with %q", language, text)
	return nil
}
