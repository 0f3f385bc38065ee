package typescript

import (
	"fmt"
	"go/types"

	"github.com/usher-id/usher/hostapi/internal/shape"
)

// reader writes the function that makes a struct whole.
func (w *writer) reader(t types.Type) error {
	fields, err := w.source.Fields(t)
	if err != nil {
		return err
	}
	name := shape.Name(t)
	var members []string
	for _, f := range fields {
		value, err := w.read("v."+f.JSON, f.Type)
		if err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
		members = append(members, fmt.Sprintf("    %s: %s,\n", f.JSON, value))
	}
	w.names = append(w.names, name)
	fmt.Fprintf(&w.readers, "\nexport function read%s(v: Wire): %s {\n  return {\n", name, name)
	for _, m := range members {
		w.readers.WriteString(m)
	}
	w.readers.WriteString("  };\n}\n")
	return nil
}

// read gives the expression that reads one value.
func (w *writer) read(place string, t types.Type) (string, error) {
	name := shape.Name(t)
	if name == "RawJSON" {
		return "json(" + place + ")", nil
	}
	if len(w.source.Values(t)) > 0 {
		w.names = append(w.names, name)
		return "text(" + place + ") as " + name, nil
	}
	switch u := t.Underlying().(type) {
	case *types.Basic:
		return readBasic(place, u)
	case *types.Map:
		return "map(" + place + ")", nil
	case *types.Struct:
		w.wantReader(name)
		return "read" + name + "(object(" + place + "))", nil
	case *types.Slice:
		element := shape.Name(u.Elem())
		if element == "" {
			return "texts(" + place + ")", nil
		}
		w.wantReader(element)
		return "list(" + place + ", read" + element + ")", nil
	}
	return "", fmt.Errorf("guests read no %s", t)
}

func readBasic(place string, b *types.Basic) (string, error) {
	switch {
	case b.Info()&types.IsString != 0:
		return "text(" + place + ")", nil
	case b.Info()&types.IsBoolean != 0:
		return "flag(" + place + ")", nil
	case b.Info()&types.IsInteger != 0:
		return "number(" + place + ")", nil
	}
	return "", fmt.Errorf("guests read no %s", b)
}
