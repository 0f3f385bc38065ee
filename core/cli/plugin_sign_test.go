package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/usher-id/usher/plugins"
)

// step is one command line, its exit code and what it says.
type step struct {
	args string // words; a file is named by what stands in files
	code int
	says []string
}

func walk(t *testing.T, dir string, steps []step) {
	t.Helper()
	for _, s := range steps {
		args := strings.Fields(s.args)
		for i, arg := range args {
			if name, isFile := strings.CutPrefix(arg, "./"); isFile {
				args[i] = filepath.Join(dir, name)
			}
		}
		code, out := run(t, args...)
		if code != s.code {
			t.Errorf("%s gives %d, want %d: %s", s.args, code, s.code, out)
		}
		for _, text := range s.says {
			if !strings.Contains(out, text) {
				t.Errorf("%s does not say %q: %s", s.args, text, out)
			}
		}
	}
}

// packed puts the guest with a manifest into a file, and gives its bytes.
func packed(t *testing.T, file, manifest string) []byte {
	t.Helper()
	wasm, err := plugins.Pack(guest(), []byte(manifest))
	if err != nil {
		t.Fatal(err)
	}
	write(t, file, string(wasm))
	return wasm
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestSigning(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	wasm := packed(t, at("p.wasm"), guestManifest)
	packed(t, at("next.wasm"), strings.Replace(guestManifest, "1.2.3", "1.2.4", 1))
	write(t, at("plain.wasm"), string(guest()))
	walk(t, dir, []step{
		{"plugin keygen", 2, []string{"needs --output"}},
		{"plugin keygen -o ./a", 0, []string{"private: keep it", "plugins.trust.keys"}},
		{"plugin keygen -o ./a", 1, []string{"is there already"}},
		{"plugin keygen -o ./b", 0, nil},
		{"plugin sign ./p.wasm", 2, []string{"needs --key", "keygen"}},
		{"plugin sign ./p.wasm --key ./a.pub", 1, []string{"can be read by others", "chmod 600"}},
		{"plugin sign ./p.wasm --key ./p.wasm", 1, []string{"no Ed25519 private key"}},
		{"plugin sign ./p.wasm --key ./nowhere", 1, []string{"no such file"}},
		{"plugin sign ./p.wasm --key ./a --valid-for 1s", 2, []string{"--valid-for"}},
		{"plugin sign ./plain.wasm --key ./a", 1, []string{"plain.wasm", "no manifest", "usher plugin pack"}},
		{"plugin sign ./a --key ./a", 1, []string{"no core WebAssembly module"}},
		{"plugin sign ./p.wasm --key ./a", 0, []string{"p.wasm.sig", "g 1.2.3", "signup.validate", "until"}},
		{"plugin verify ./p.wasm --key ./a.pub", 0, []string{"Good", "g 1.2.3"}},
		{"plugin verify ./p.wasm --key ./b.pub --key ./a.pub", 0, []string{"Good"}},
		{"plugin verify ./p.wasm", 2, []string{"needs --key"}},
		{"plugin verify ./p.wasm --key ./b.pub", 1, []string{"p.wasm.sig", "is signed with the key", "trusted"}},
		{"plugin verify ./p.wasm --key ./a", 1, []string{".pub file"}},
		{"plugin verify ./next.wasm --key ./a.pub", 1, []string{"next.wasm.sig", "no such file"}},
		{"plugin verify ./next.wasm --signature ./p.wasm.sig --key ./a.pub", 1, []string{"about other bytes", "usher plugin sign"}},
	})
	if mode := modeOf(t, at("a")); mode != 0o600 {
		t.Errorf("the private key has the mode %o", mode)
	}
	flipped := bytes.Clone(wasm)
	flipped[len(flipped)-1] ^= 1
	write(t, at("p.wasm"), string(flipped))
	walk(t, dir, []step{{"plugin verify ./p.wasm --key ./a.pub", 1, []string{"p.wasm"}}})
}

func modeOf(t *testing.T, file string) os.FileMode {
	t.Helper()
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm()
}
