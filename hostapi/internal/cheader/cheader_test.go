package cheader_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const header = "../../../sdk/c"

// compile builds natively, with a warning for an error, and runs what comes of it.
func compile(t *testing.T, compiler string, sources ...string) (said string, err error) {
	t.Helper()
	if _, err := exec.LookPath(compiler); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	program := filepath.Join(t.TempDir(), "test")
	args := append([]string{"-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-g", "-I", header, "-o", program}, sources...)
	if said, err := exec.CommandContext(t.Context(), compiler, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", compiler, err, said)
	}
	out, err := exec.CommandContext(t.Context(), program).CombinedOutput()
	return string(out), err
}

func TestHeaderNatively(t *testing.T) {
	t.Parallel()
	for _, compiler := range []string{"cc", "clang"} {
		t.Run(compiler, func(t *testing.T) {
			t.Parallel()
			said, err := compile(t, compiler, "testdata/sdk_test.c", "testdata/other.c")
			if err != nil || !strings.Contains(said, "10 tests, 0 failed") {
				t.Errorf("%v\n%s", err, said)
			}
		})
	}
}

// A test that fails says where, and the program ends with 1.
func TestFailuresAreTold(t *testing.T) {
	t.Parallel()
	said, err := compile(t, "cc", "testdata/failing.c")
	if err == nil || !strings.Contains(said, "4 tests, 4 failed") {
		t.Errorf("%v\n%s", err, said)
	}
	for _, want := range []string{
		"failing.c:4: a_condition: 1 > 2", "failing.c:6: a_text: want, got got", "a_request_too_few: this request was not made, got https://a.example/",
		"a_request_too_many: this request is not expected",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("it does not say %q:\n%s", want, said)
		}
	}
}
