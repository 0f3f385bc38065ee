package project_test

import (
	"os"
	"testing"
)

// TestMain has Rust build quickly: what is tested is that a project builds and what its module does.
func TestMain(m *testing.M) {
	for name, value := range map[string]string{"OPT_LEVEL": "1", "LTO": "off", "CODEGEN_UNITS": "16"} {
		if err := os.Setenv("CARGO_PROFILE_RELEASE_"+name, value); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}
