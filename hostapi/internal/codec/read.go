package codec

import (
	"bytes"
	"fmt"
	"go/types"

	"github.com/usher-id/usher/hostapi/internal/shape"
)

// reader writes the function that reads a struct.
func (w *writer) reader(b *bytes.Buffer, t types.Type) error {
	fields, err := w.source.Fields(t)
	if err != nil {
		return err
	}
	name := shape.Name(t)
	fmt.Fprintf(b, "\n// Read%s reads a [hostapi.%s]: members that it does not have are passed over, and the last of a name counts.\n", name, name)
	fmt.Fprintf(b, "func Read%s(r *codec.Reader, v *hostapi.%s) {\n", name, name)
	fmt.Fprintf(b, "*v = hostapi.%s{}\nfor more := r.Object(); more; more = r.Member() {\nswitch r.Name() {\n", name)
	for _, f := range fields {
		fmt.Fprintf(b, "case %q:\n", f.JSON)
		if err := w.readInto(b, "v."+f.Name, f.Type); err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	fmt.Fprint(b, "default:\nr.Skip()\n}\n}\n}\n")
	return nil
}

// readInto writes the statements that read one value.
func (w *writer) readInto(b *bytes.Buffer, place string, t types.Type) error {
	name := shape.Name(t)
	switch u := t.Underlying().(type) {
	case *types.Basic:
		return readBasic(b, place, name, u)
	case *types.Map:
		if isText(u.Key()) && isText(u.Elem()) {
			fmt.Fprintf(b, "%s = r.StringMap()\n", place)
			return nil
		}
	case *types.Struct:
		w.want(name, "Read", w.reader)
		fmt.Fprintf(b, "Read%s(r, &%s)\n", name, place)
		return nil
	case *types.Slice:
		return w.readList(b, place, name, u)
	}
	return fmt.Errorf("guests read no %s", t)
}

func (w *writer) readList(b *bytes.Buffer, place, name string, s *types.Slice) error {
	element := shape.Name(s.Elem())
	switch {
	case name == "RawJSON":
		fmt.Fprintf(b, "%s = hostapi.RawJSON(r.Raw())\n", place)
	case element == "" && isText(s.Elem()):
		fmt.Fprintf(b, "%s = r.Strings()\n", place)
	case element != "":
		fmt.Fprintf(b, "%s = nil\nfor more := r.Array(); more; more = r.Element() {\nvar e hostapi.%s\n", place, element)
		if err := w.readInto(b, "e", s.Elem()); err != nil {
			return err
		}
		fmt.Fprintf(b, "%s = append(%s, e)\n}\n", place, place)
	default:
		return fmt.Errorf("guests read no %s", s)
	}
	return nil
}

func readBasic(b *bytes.Buffer, place, name string, t *types.Basic) error {
	call := ""
	switch {
	case t.Info()&types.IsString != 0:
		call = "r.String()"
	case t.Info()&types.IsBoolean != 0:
		call = "r.Bool()"
	case t.Kind() == types.Int64:
		call = "r.Int()"
	case t.Kind() == types.Int:
		call = "int(r.Int())"
	default:
		return fmt.Errorf("guests read no %s", t)
	}
	if name != "" {
		call = "hostapi." + name + "(" + call + ")"
	}
	fmt.Fprintf(b, "%s = %s\n", place, call)
	return nil
}

func isText(t types.Type) bool {
	b, ok := t.(*types.Basic)
	return ok && b.Kind() == types.String
}
