package sdks_test

import (
	"os"
	"os/exec"
	"testing"
)

// TestCrate runs the tests of the SDK for Rust itself.
func TestCrate(t *testing.T) {
	t.Parallel()
	cargo, err := exec.LookPath("cargo")
	if err != nil && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	test := exec.CommandContext(t.Context(), cargo, "test", "--offline", "--quiet")
	test.Dir = "../../sdk/rust"
	if said, err := test.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, said)
	}
}
