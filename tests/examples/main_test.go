package examples_test

import (
	"os"
	"testing"

	"github.com/usher-id/usher/tests/hosttest"
)

func TestMain(m *testing.M) {
	// To optimise a Rust module as a whole takes half the time of these tests, and changes nothing that they look at.
	_ = os.Setenv("CARGO_PROFILE_RELEASE_LTO", "off")
	_ = os.Setenv("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
	hosttest.Main(m)
}
