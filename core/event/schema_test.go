package event_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/event"
)

// Each type of event that package core names has a schema, which is one, and no other has.
func TestEachTypeHasASchema(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "../event.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var named []core.EventType
	ast.Inspect(file, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok || v.Type == nil {
			return true
		}
		if kind, ok := v.Type.(*ast.Ident); ok && kind.Name == "EventType" {
			name, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Error(err)
			}
			named = append(named, core.EventType(name))
		}
		return true
	})
	described := event.Types()
	slices.Sort(named)
	slices.Sort(described)
	if len(named) < 20 || !slices.Equal(named, described) {
		t.Errorf("core names %v, there are schemas of %v", named, described)
	}
	for _, d := range event.Describe("https://id.example.com") {
		text, ok, err := event.Schema("https://id.example.com", d.Type)
		if err != nil || !ok {
			t.Fatal(d.Type, ok, err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		c := jsonschema.NewCompiler()
		if err := c.AddResource(d.Schema, doc); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Compile(d.Schema); err != nil {
			t.Errorf("%s: %v", d.Type, err)
		}
	}
	if _, ok, _ := event.Schema("/", "activation.Nonsense"); ok {
		t.Error("there is a schema of nonsense")
	}
}
