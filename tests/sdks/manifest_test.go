package sdks_test

import (
	"os"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/usher-id/usher/plugins/manifest"
)

// read gives the fixtures of a manifest in one form, by their hook and name.
func read(t *testing.T, file string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	m, err := manifest.Parse(text)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	fixtures := map[string]string{}
	for _, f := range m.Fixtures {
		one, err := json.Marshal(f, json.Deterministic(true))
		if err != nil {
			t.Fatal(err)
		}
		fixtures[string(f.Hook)+" "+f.Name] = string(one)
	}
	return fixtures
}
