package shape

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"reflect"
	"strings"
)

// Source is the package hostapi, read and type-checked.
type Source struct {
	pkg   *types.Package
	docs  map[string]string // by Type, Type.Field or constant
	files map[string]string // file of a type, without its extension
	order []string          // of the package's constants
}

// Field is a member of a struct as it crosses the border.
type Field struct {
	Name     string // in Go
	JSON     string
	Doc      string
	Type     types.Type
	Optional bool // left out when it is zero
}

// Value is one value of an enumeration.
type Value struct{ Text, Doc string }

// Load reads the Go files of a folder, but for tests.
func Load(dir string) (*Source, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	s := &Source{docs: map[string]string{}, files: map[string]string{}}
	set := token.NewFileSet()
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		file, err := parser.ParseFile(set, name, text, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
		s.note(file, strings.TrimSuffix(filepath.Base(name), ".go"))
	}
	config := types.Config{} // without an importer: the contract imports nothing
	if len(files) == 0 {
		return nil, fmt.Errorf("%s has no Go files", dir)
	}
	if s.pkg, err = config.Check("hostapi", set, files, nil); err != nil {
		return nil, fmt.Errorf("check %s: %w", dir, err)
	}
	return s, nil
}

// note keeps the comments of a file.
func (s *Source) note(file *ast.File, name string) {
	for _, d := range file.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, spec := range g.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				s.noteType(g, spec, name)
			case *ast.ValueSpec:
				s.docs[spec.Names[0].Name] = comment(spec.Doc, spec.Comment)
				s.order = append(s.order, spec.Names[0].Name)
			}
		}
	}
}

func (s *Source) noteType(g *ast.GenDecl, spec *ast.TypeSpec, file string) {
	s.files[spec.Name.Name] = file
	s.docs[spec.Name.Name] = comment(g.Doc, nil)
	body, ok := spec.Type.(*ast.StructType)
	if !ok {
		return
	}
	for _, f := range body.Fields.List {
		for _, n := range f.Names {
			s.docs[spec.Name.Name+"."+n.Name] = comment(f.Doc, f.Comment)
		}
	}
}

// comment joins what is written above and beside a thing into one line, without
// the brackets of links.
func comment(above, beside *ast.CommentGroup) string {
	text := strings.Join(strings.Fields(above.Text()+" "+beside.Text()), " ")
	return strings.NewReplacer("[", "", "]", "").Replace(text)
}

// Type gives the type of that name.
func (s *Source) Type(name string) (types.Type, error) {
	o, ok := s.pkg.Scope().Lookup(name).(*types.TypeName)
	if !ok {
		return nil, fmt.Errorf("hostapi has no type %s", name)
	}
	return o.Type(), nil
}

// Doc is the comment of a type.
func (s *Source) Doc(name string) string { return s.docs[name] }

// File names the file that a type stands in, without its extension.
func (s *Source) File(name string) string { return s.files[name] }

// Fields lists the members of a struct in their order.
func (s *Source) Fields(t types.Type) ([]Field, error) {
	body, ok := t.Underlying().(*types.Struct)
	if !ok {
		return nil, fmt.Errorf("%s is no struct", t)
	}
	fields := make([]Field, body.NumFields())
	for i := range fields {
		v := body.Field(i)
		name, options, _ := strings.Cut(reflect.StructTag(body.Tag(i)).Get("json"), ",")
		if name == "" || name == "-" {
			return nil, fmt.Errorf("%s.%s has no name on the wire", t, v.Name())
		}
		fields[i] = Field{
			Name: v.Name(), JSON: name, Doc: s.docs[Name(t)+"."+v.Name()], Type: v.Type(),
			Optional: strings.Contains(options, "omit"),
		}
	}
	return fields, nil
}

// Values lists what an enumeration may be, in the order of the source; none for a
// type that is no enumeration.
func (s *Source) Values(t types.Type) []Value {
	var values []Value
	for _, name := range s.order {
		c, ok := s.pkg.Scope().Lookup(name).(*types.Const)
		if ok && types.Identical(c.Type(), t) && c.Val().Kind() == constant.String {
			values = append(values, Value{constant.StringVal(c.Val()), s.docs[name]})
		}
	}
	return values
}

// Number gives the value of an integer constant.
func (s *Source) Number(name string) (int64, error) {
	c, ok := s.pkg.Scope().Lookup(name).(*types.Const)
	if !ok {
		return 0, fmt.Errorf("hostapi has no constant %s", name)
	}
	n, exact := constant.Int64Val(constant.ToInt(c.Val()))
	if !exact {
		return 0, fmt.Errorf("%s is no integer", name)
	}
	return n, nil
}

// Constants lists the names of all constants in the order of the source.
func (s *Source) Constants() []string { return s.order }

// Name is the name of a declared type; empty for any other.
func Name(t types.Type) string {
	if n, ok := t.(*types.Named); ok {
		return n.Obj().Name()
	}
	return ""
}
