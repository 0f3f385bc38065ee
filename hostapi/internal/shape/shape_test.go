package shape_test

import (
	"slices"
	"testing"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/hostapi/internal/shape"
)

// The tables name every hook and every function of a capability, and types that exist.
func TestTablesAreWhole(t *testing.T) {
	t.Parallel()
	source, err := shape.Load("../..")
	if err != nil {
		t.Fatal(err)
	}
	var hooks []hostapi.Hook
	var names []string
	for _, h := range shape.Hooks() {
		hooks = append(hooks, h.Hook)
		names = append(names, h.Question, h.Answer)
	}
	if !slices.Equal(hooks, hostapi.Hooks()) {
		t.Errorf("the table has %v, the contract %v", hooks, hostapi.Hooks())
	}
	var functions, want []string
	for _, f := range shape.Functions() {
		functions = append(functions, f.Module+"."+f.Name)
		if names = append(names, f.Request); f.Answer != "" {
			names = append(names, f.Answer)
		}
	}
	for _, c := range hostapi.Capabilities() {
		for _, f := range c.Functions {
			want = append(want, c.Module+"."+f)
		}
	}
	if !slices.Equal(functions, want) {
		t.Errorf("the table has %v, the contract %v", functions, want)
	}
	for _, name := range names {
		if _, err := source.Type(name); err != nil {
			t.Error(err)
		}
		if source.Doc(name) == "" {
			t.Errorf("%s does not say what it is", name)
		}
	}
}

func TestSource(t *testing.T) {
	t.Parallel()
	source, err := shape.Load("../..")
	if err != nil {
		t.Fatal(err)
	}
	kind, err := source.Type("Outcome")
	if err != nil {
		t.Fatal(err)
	}
	if v := source.Values(kind); len(v) != 2 || v[0].Text != "continue" || v[1].Text != "deny" {
		t.Errorf("the outcomes are %v", v)
	}
	if n, err := source.Number("MaxBodyPart"); err != nil || n != hostapi.MaxBodyPart {
		t.Errorf("MaxBodyPart is %d, %v", n, err)
	}
	if _, err := source.Number("MaxNothing"); err == nil {
		t.Error("a constant that is not there is found")
	}
	if _, err := shape.Load("../../internal"); err == nil {
		t.Error("a folder without Go files is read")
	}
}
