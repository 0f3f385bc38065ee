package conformance_test

import (
	"os"
	"testing"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/plugins/kit"
	"github.com/usher-id/usher/plugins/project"
	"github.com/usher-id/usher/tests/conformance"
)

func TestTypeScript(t *testing.T) {
	t.Parallel()
	p, err := project.Open("typescript")
	if err == nil {
		err = p.Build(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	wasm, err := os.ReadFile(p.Module())
	if err != nil {
		t.Fatal(err)
	}
	conformance.Run(t, wasm)
	throws := hostapi.Fixture{
		Name: "where it was thrown", Hook: hostapi.HookEventDeliver, Config: hostapi.RawJSON(`{"do":"panic"}`), Data: hostapi.RawJSON(`{}`),
		Fails: "conformance panic (at act.ts:15)",
	}
	results, err := kit.Run(t.Context(), wasm, []hostapi.Fixture{throws})
	if err != nil || !results[0].Passed() {
		t.Errorf("%+v, %v", results, err)
	}
}
