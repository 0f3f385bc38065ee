package examples_test

import (
	"flag"
	"os"
	"testing"

	"github.com/usher-id/usher/tests/hosttest"
)

func TestMain(m *testing.M) {
	flag.Parse()
	if !*update { // to optimise a Rust module as a whole takes long, and changes nothing that is looked at
		_ = os.Setenv("CARGO_PROFILE_RELEASE_LTO", "off")
		_ = os.Setenv("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
	}
	hosttest.Main(m)
}
