package e2e_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/usher-id/usher/plugins"
	"github.com/usher-id/usher/tests/hosttest"
	"github.com/usher-id/usher/tests/pgtest"
)

// desk is an operator at the command line of a host that takes signed versions only.
type desk struct {
	*hosttest.Host
	t   *testing.T
	dir string
}

// usher runs one command line and wants it to succeed.
func (d *desk) usher(args ...string) string {
	d.t.Helper()
	result := hosttest.Run(d.t, d.dir, map[string]string{"data_dir": d.DataDir}, args...)
	if result.Code != 0 {
		d.t.Fatalf("usher %s: %d %s", strings.Join(args, " "), result.Code, result.Stderr)
	}
	return result.Stdout
}

// refused runs one that must fail, and wants words of it.
func (d *desk) refused(words []string, args ...string) {
	d.t.Helper()
	result := hosttest.Run(d.t, d.dir, map[string]string{"data_dir": d.DataDir}, args...)
	if result.Code != 1 {
		d.t.Fatalf("usher %s: %d %s", strings.Join(args, " "), result.Code, result.Stdout+result.Stderr)
	}
	for _, word := range words {
		if !strings.Contains(result.Stderr, word) {
			d.t.Errorf("usher %s does not say %q: %s", strings.Join(args, " "), word, result.Stderr)
		}
	}
}

func (d *desk) shows(text string, words ...string) {
	d.t.Helper()
	for _, word := range words {
		if !strings.Contains(text, word) {
			d.t.Errorf("%q is not shown:\n%s", word, text)
		}
	}
}

func (d *desk) write(name string, text []byte) {
	d.t.Helper()
	if err := os.WriteFile(filepath.Join(d.dir, name), text, 0o600); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) read(name string) []byte {
	d.t.Helper()
	if !filepath.IsAbs(name) {
		name = filepath.Join(d.dir, name)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		d.t.Fatal(err)
	}
	return text
}

// TestRegistry is the life of a plugin's versions as an author and an operator see it: made,
// signed, pushed, looked at, stopped, and every way to be refused, each with what to do.
func TestRegistry(t *testing.T) {
	t.Parallel()
	wasm, err := os.ReadFile(hosttest.Guest(t, "plugins/bundled/company-domain"))
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{t: t, dir: t.TempDir()}
	for _, args := range []string{"plugin keygen -o first", "plugin keygen -o second", "plugin keygen -o stranger"} {
		if result := hosttest.Run(t, d.dir, nil, strings.Fields(args)...); result.Code != 0 {
			t.Fatal(result.Stderr)
		}
	}
	d.Host = hosttest.Start(t, hosttest.Options{
		File: "plugins:\n  trust:\n    unsigned: refuse\n    keys:\n      - file: " + filepath.Join(d.dir, "first.pub") +
			"\n      - file: " + filepath.Join(d.dir, "second.pub") + "\n",
		Settings: map[string]string{"database.url": pgtest.New(t)},
	})
	d.write("p.wasm", wasm)
	t.Run("signed", func(t *testing.T) { signedVersions(d.in(t), wasm) })
	t.Run("bad input", func(t *testing.T) { badVersions(d.in(t), wasm) })
	t.Run("revoked by configuration", func(t *testing.T) { revokedByConfiguration(d.in(t)) })
	t.Run("stopped", func(t *testing.T) { stoppedVersions(d.in(t)) })
	t.Run("without the token", func(t *testing.T) {
		d.Client(t).Get("/admin/v1/plugins/versions").Problem(404, "not_found") // the public listener
	})
}

func (d *desk) in(t *testing.T) *desk { return &desk{d.Host, t, d.dir} }

// renamed is the module with another version.
func renamed(t *testing.T, wasm []byte, change func(map[string]any)) []byte {
	t.Helper()
	facts, err := plugins.Inspect(wasm)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(facts.Manifest)
	if err != nil {
		t.Fatal(err)
	}
	var manifest map[string]any
	if err := json.Unmarshal(text, &manifest); err != nil {
		t.Fatal(err)
	}
	change(manifest)
	if text, err = json.Marshal(manifest); err != nil {
		t.Fatal(err)
	}
	packed, err := plugins.Pack(wasm, text)
	if err != nil {
		t.Fatal(err)
	}
	return packed
}

func signedVersions(d *desk, wasm []byte) {
	d.refused([]string{"is not signed", "usher plugin sign", "plugins.trust.unsigned"}, "plugin", "push", "p.wasm")
	d.usher("plugin", "sign", "p.wasm", "--key", "first")
	d.shows(d.usher("plugin", "push", "p.wasm", "--as", "Ann"), "company-domain", "signed with the key")
	d.usher("plugin", "push", "p.wasm", "--as", "Bob") // again, and nothing changes

	next := renamed(d.t, wasm, func(m map[string]any) { m["version"] = "7.0.0" })
	d.write("next.wasm", next)
	d.usher("plugin", "sign", "next.wasm", "--key", "second")
	d.usher("plugin", "push", "next.wasm")
	list := d.usher("plugin", "list", "company-domain")
	equal(d.t, "lines", strings.Count(list, "\n"), 3)
	d.shows(list, "7.0.0", "good", "Ann")

	facts, err := plugins.Inspect(next)
	if err != nil {
		d.t.Fatal(err)
	}
	for _, name := range []string{"company-domain", "company-domain@7.0.0", facts.Digest[:8], "sha256:" + facts.Digest} {
		d.shows(d.usher("plugin", "inspect", name), "company-domain 7.0.0", facts.Digest, "status", "good until", "signup.validate, given email_domain")
	}
	stored := one[[]byte](d.t, connect(d.t, d.DatabaseURL(d.t)), "SELECT wasm FROM plugin_versions WHERE version = '7.0.0'")
	equal(d.t, "what is stored is what was pushed", bytes.Equal(stored, next), true)
}

func badVersions(d *desk, wasm []byte) {
	d.write("other.wasm", renamed(d.t, wasm, func(m map[string]any) { delete(m, "fixtures") }))
	d.usher("plugin", "sign", "other.wasm", "--key", "first")
	d.refused([]string{"is there with other bytes", "raise the version"}, "plugin", "push", "other.wasm")

	d.write("new.wasm", renamed(d.t, wasm, func(m map[string]any) { m["version"] = "8.0.0" }))
	d.usher("plugin", "sign", "new.wasm", "--key", "stranger")
	d.refused([]string{"8.0.0 is refused", "is signed with the key", "plugins.trust.keys"}, "plugin", "push", "new.wasm")

	// The file is swapped between signing and pushing.
	d.usher("plugin", "sign", "new.wasm", "--key", "first")
	d.write("new.wasm", renamed(d.t, wasm, func(m map[string]any) { m["version"] = "9.0.0" }))
	d.refused([]string{"about other bytes", "sign this one"}, "plugin", "push", "new.wasm")

	// A bit flips, in the module and in the signature.
	flipped := d.read("next.wasm")
	flipped[len(flipped)/2] ^= 4
	d.write("flip.wasm", flipped)
	d.refused(nil, "plugin", "push", "flip.wasm", "--signature", "next.wasm.sig")
	d.write("bad.sig", bytes.Replace(d.read("next.wasm.sig"), []byte(`"payload": "e`), []byte(`"payload": "f`), 1))
	d.refused([]string{"was changed since", "sign the module again"}, "plugin", "push", "next.wasm", "--signature", "bad.sig")
	d.write("token.txt", []byte("not-the-operator-token"))
	d.refused([]string{"the token in", "--token-file"}, "plugin", "push", "next.wasm", "--token-file", "token.txt")
}

// revokedByConfiguration has a version tried, and takes it away by a reload.
func revokedByConfiguration(d *desk) {
	d.usher("plugin", "activate", "company-domain@"+d.serving())
	d.usher("plugin", "canary", "company-domain@7.0.0", "--percent", "50")
	digest := one[string](d.t, connect(d.t, d.DatabaseURL(d.t)), "SELECT digest FROM plugin_versions WHERE version = '7.0.0'")
	loaded := func() bool {
		return strings.Contains(string(d.Operators(d.t).Get("/admin/v1/plugins").Want(200).Body), digest)
	}
	equal(d.t, "the candidate is asked", loaded(), true)
	before := d.read(d.ConfigFile)
	write(d.t, d.Host, string(before)+"    revoked: ["+digest+"]\n")
	hosttest.Until(d.t, "the candidate to be gone", func() bool { return !loaded() })
	d.shows(d.usher("plugin", "inspect", "company-domain@7.0.0"), "revoked by the configuration: it is listed in plugins.trust.revoked")
	d.refused([]string{"plugins.trust.revoked", "never comes back"}, "plugin", "promote", "company-domain")
	d.usher("plugin", "withdraw", "company-domain")
	write(d.t, d.Host, string(before))
	hosttest.Until(d.t, "it to be good again", func() bool {
		return regexp.MustCompile(`(?m)^status +good$`).MatchString(d.usher("plugin", "inspect", digest))
	})
}

// serving is the version that the bundled plugin has.
func (d *desk) serving() string {
	d.t.Helper()
	return one[string](d.t, connect(d.t, d.DatabaseURL(d.t)), "SELECT version FROM plugin_versions WHERE version <> '7.0.0'")
}

func stoppedVersions(d *desk) {
	d.shows(d.usher("plugin", "quarantine", "company-domain@7.0.0", "--reason", "it denies everybody", "--as", "Ann"), "is quarantined")
	d.shows(d.usher("plugin", "inspect", "company-domain@7.0.0"), "quarantined by Ann: it denies everybody")
	d.usher("plugin", "clear", "company-domain@7.0.0", "--reason", "it was the data")
	d.usher("plugin", "revoke", "company-domain@7.0.0", "--reason", "it denies everybody again", "--as", "Ann")
	d.refused([]string{"is revoked", "never comes back"}, "plugin", "clear", "company-domain@7.0.0", "--reason", "please")
	d.refused([]string{"is revoked", "never comes back"}, "plugin", "push", "next.wasm")
	audit := d.usher("plugin", "audit")
	d.shows(audit, "it denies everybody again", "it was the data")
	var acts []string
	for line := range strings.Lines(audit) {
		acts = append(acts, strings.Fields(line)[2])
	}
	equal(d.t, "the audit", strings.Join(acts, " "), "WHAT revoke clear quarantine withdraw canary activate push push")
	d.Operators(d.t).Get("/admin/v1/plugins/acts?limit=1").Want(200)
}
