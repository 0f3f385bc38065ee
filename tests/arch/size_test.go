package arch_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	maxFileLines     = 400
	maxFunctionLines = 80
)

// TestSizes asks of a long file whether it holds more than one idea, and of a long function whether it can be read as
// steps. Tests may be long: they are tables.
func TestSizes(t *testing.T) {
	t.Parallel()
	for _, name := range committed(t, "*.go") {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, name, text, parser.ParseComments)
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		if ast.IsGenerated(file) || strings.HasSuffix(name, "_test.go") || strings.Contains(name, "/testdata/") {
			continue
		}
		if n := bytes.Count(text, []byte("\n")); n > maxFileLines {
			t.Errorf("%s has %d lines, more than %d: is it one idea?", name, n, maxFileLines)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			from, to := fset.Position(f.Pos()).Line, fset.Position(f.End()).Line
			if n := to - from + 1; n > maxFunctionLines {
				t.Errorf("%s:%d: %s has %d lines, more than %d: which steps is it made of?", name, from, f.Name.Name, n, maxFunctionLines)
			}
		}
	}
}
