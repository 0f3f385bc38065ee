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
	panics := hostapi.Fixture{
		Name: "where a panic was", Hook: hostapi.HookEventDeliver, Config: hostapi.RawJSON(`{"do":"panic"}`), Data: hostapi.RawJSON(`{}`),
		Fails: "panic: conformance panic (src/act.rs:",
	}
	results, err := kit.Run(t.Context(), wasm, []hostapi.Fixture{panics})
	if err != nil || !results[0].Passed() {
		t.Errorf("%+v, %v", results, err)
	}
}
