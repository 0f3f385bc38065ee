package jsguest

import (
	"os"
	"testing"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/plugins/project/quickjs"
)

// Build gives the module of a JavaScript source. The path is relative to the test's folder.
func Build(t testing.TB, source string) []byte {
	t.Helper()
	script, err := os.ReadFile(source)
	if err != nil {
		t.Fatal(err)
	}
	script = append(script, "\nusher.serve((hook, envelope) => answer(envelope), String, \"\");\n"...)
	loaded, err := quickjs.Load(t.Context(), script)
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	wasm, err := loaded.Module([]hostapi.Hook{hostapi.HookSignupValidate}, nil)
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	return wasm
}
