package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPluginProject is what an author may get wrong, each with what to do, and that nothing is left behind by it.
func TestPluginProject(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := os.Mkdir(at("full"), 0o750); err != nil {
		t.Fatal(err)
	}
	write(t, at("full/kept.txt"), "kept")
	for _, step := range []struct {
		args []string
		code int
		says []string
	}{
		{[]string{"new"}, 2, []string{"takes the name of one plugin"}},
		{[]string{"new", at("p")}, 2, []string{"--hook is missing", "signup.validate"}},
		{[]string{"new", at("p"), "--hook", "signup.validat"}, 2, []string{"--hook signup.validat", "there is no such hook", "signup.validate"}},
		{[]string{"new", at("p"), "--hook", "signup.validate"}, 2, []string{"--lang is missing", "go"}},
		{[]string{"new", at("p"), "--hook", "signup.validate", "--lang", "cobol"}, 1, []string{`"cobol"`, "go"}},
		{[]string{"new", at("Bad_Name"), "--hook", "signup.validate", "--lang", "go"}, 1, []string{`"Bad_Name"`, "lower case letters"}},
		{[]string{"new", at("full"), "--hook", "signup.validate", "--lang", "go"}, 1, []string{"full is not empty"}},
		{[]string{"build", at("full")}, 1, []string{"no plugin's project", "manifest.json", "usher plugin new"}},
		{[]string{"build", "a", "b"}, 2, []string{"one folder"}},
		{[]string{"test", at("full")}, 1, []string{"no plugin's project"}},
		{[]string{"test", at("none.wasm")}, 1, []string{"none.wasm", "no such file"}},
		{[]string{"new", at("deep/er/good"), "--hook", "signup.validate", "--hook", "signup.validate", "--lang", "go"}, 0, []string{"written: ", "next:"}},
	} {
		code, out := run(t, append([]string{"plugin"}, step.args...)...)
		if code != step.code {
			t.Errorf("%v gives %d, want %d: %s", step.args, code, step.code, out)
		}
		for _, text := range step.says {
			if !strings.Contains(out, text) {
				t.Errorf("%v does not say %q: %s", step.args, text, out)
			}
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 2 { // full and deep
		t.Errorf("left are %v, %v", left, err)
	}
	broken := at("deep/er/good/policy/signup_validate.go")
	write(t, broken, "package policy\n\nfunc CheckSignup() { nonsense }\n")
	if code, out := run(t, "plugin", "build", at("deep/er/good")); code != 1 || !strings.Contains(out, "signup_validate.go:3") {
		t.Errorf("a build of broken source gives %d: %s", code, out)
	}
	write(t, at("deep/er/good/manifest.json"), `{"name":"good","version":"one","hooks":{"signup.validat":{"fields":["emial"]}}}`)
	if code, out := run(t, "plugin", "build", at("deep/er/good")); code != 1 || !strings.Contains(out, "manifest.json") || !strings.Contains(out, "version:") {
		t.Errorf("a build with a wrong manifest gives %d: %s", code, out)
	}
}
