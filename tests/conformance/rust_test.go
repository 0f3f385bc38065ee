package conformance_test

import (
	"errors"
	"os"
	"testing"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/plugins/kit"
	"github.com/usher-id/usher/plugins/project"
	"github.com/usher-id/usher/tests/conformance"
)

func TestRust(t *testing.T) {
	t.Parallel()
	p, err := project.Open("rust")
	if err == nil {
		err = p.Build(t.Context())
	}
	if errors.Is(err, project.ErrToolchain) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	wasm, err := os.ReadFile(p.Module())
	if err != nil {
		t.Fatal(err)
	}
	conformance.Run(t, wasm)
	fixture := hostapi.Fixture{Name: "as a warm-up is", Hook: hostapi.HookPasswordCheck, Data: hostapi.RawJSON(`{}`), Want: hostapi.RawJSON(`{"outcome":"continue"}`)}
	panics := fixture
	panics.Name, panics.Config, panics.Want, panics.Fails = "where a panic was", hostapi.RawJSON(`{"do":"panic"}`), nil, "panic: conformance panic (src/act.rs:"
	results, err := kit.Run(t.Context(), wasm, []hostapi.Fixture{fixture, panics})
	if err != nil || !results[0].Passed() || !results[1].Passed() {
		t.Errorf("%+v, %v", results, err)
	}
}
