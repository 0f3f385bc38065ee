package cheader

import (
	"fmt"
	"go/types"

	"github.com/usher-id/usher/hostapi/internal/shape"
)

// reader writes the function that reads a struct.
func (w *writer) reader(name string, fields []shape.Field) error {
	w.printf("\nstatic inline void usher_read_%s(usher_reader *r, usher_%s *v) {\n  *v = (usher_%s){0};\n", name, name, name)
	w.printf("  for (bool more = usher_object(r); more; more = usher_member(r)) {\n")
	for i, f := range fields {
		w.printf("%sif (usher_is(r->name, %q))\n      ", []string{"    ", "    else "}[min(i, 1)], f.JSON)
		statement, err := read("v->"+f.JSON, f.Type)
		if err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
		w.printf("%s\n", statement)
	}
	if len(fields) > 0 {
		w.printf("    else\n  ")
	}
	w.printf("    usher_skip(r);\n  }\n}\n")
	return nil
}

// read gives the statement that reads one value.
func read(place string, t types.Type) (string, error) {
	name := lower(shape.Name(t))
	switch u := t.Underlying().(type) {
	case *types.Basic:
		return readBasic(place, name, u)
	case *types.Map:
		return place + " = usher_read_map(r);", nil
	case *types.Struct:
		return "usher_read_" + name + "(r, &" + place + ");", nil
	case *types.Slice:
		switch {
		case name == "raw_json":
			return place + " = usher_read_raw(r);", nil
		case isText(u.Elem()):
			return place + " = usher_read_texts(r);", nil
		}
		return place + " = usher_read_" + lower(shape.Name(u.Elem())) + "_list(r);", nil
	case *types.Pointer:
		name = lower(shape.Name(u.Elem()))
		switch e := u.Elem().Underlying().(type) {
		case *types.Struct:
			return fmt.Sprintf("{\n        usher_%s *const p = usher_null(r) ? NULL : usher_alloc(sizeof *p);\n        %s = p;\n        if (p) usher_read_%s(r, p);\n      }", name, place, name), nil
		case *types.Basic:
			if e.Info()&types.IsInteger != 0 {
				return place + " = usher_read_optional_number(r);", nil
			}
			return readBasic(place, name, e)
		}
	}
	return "", fmt.Errorf("guests read no %s", t)
}

func readBasic(place, name string, t *types.Basic) (string, error) {
	switch {
	case t.Info()&types.IsString != 0 && name != "":
		return place + " = usher_" + name + "_of(usher_read_text(r));", nil
	case t.Info()&types.IsString != 0:
		return place + " = usher_read_text(r);", nil
	case t.Info()&types.IsBoolean != 0:
		return place + " = usher_read_flag(r);", nil
	case t.Info()&types.IsInteger != 0:
		return place + " = usher_read_number(r);", nil
	case t.Info()&types.IsFloat != 0:
		return place + " = usher_read_float(r);", nil
	}
	return "", fmt.Errorf("guests read no %s", t)
}

// putter writes the function that writes a struct.
func (w *writer) putter(name string, fields []shape.Field) error {
	w.printf("\nstatic inline void usher_put_%s(usher_buffer *b, const usher_%s *v) {\n", name, name)
	if len(fields) == 0 {
		w.printf("  (void)v;\n  usher_put_literal(b, \"{}\");\n}\n")
		return nil
	}
	w.printf("  const uint32_t start = b->len;\n")
	for _, f := range fields {
		statement, err := put("v->"+f.JSON, f.Type)
		if err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
		statement = fmt.Sprintf("usher_put_literal(b, \",\\\"%s\\\":\"), %s;", f.JSON, statement)
		if f.Optional {
			test, err := isSet("v->"+f.JSON, f.Type)
			if err != nil {
				return fmt.Errorf("%s: %w", f.Name, err)
			}
			statement = "if (" + test + ") " + statement
		}
		w.printf("  %s\n", statement)
	}
	w.printf("  usher_end(b, start, '{', '}');\n}\n")
	return nil
}

// put gives the expression that writes one value.
func put(place string, t types.Type) (string, error) {
	name := lower(shape.Name(t))
	switch u := t.Underlying().(type) {
	case *types.Basic:
		return putBasic(place, name, u)
	case *types.Map:
		return "usher_put_map(b, " + place + ")", nil
	case *types.Struct:
		return "usher_put_" + name + "(b, &" + place + ")", nil
	case *types.Slice:
		switch {
		case name == "raw_json":
			return "usher_put_raw(b, " + place + ")", nil
		case isText(u.Elem()):
			return "usher_put_texts(b, " + place + ")", nil
		}
		return "usher_put_" + lower(shape.Name(u.Elem())) + "_list(b, " + place + ")", nil
	case *types.Pointer:
		name = lower(shape.Name(u.Elem()))
		switch e := u.Elem().Underlying().(type) {
		case *types.Struct:
			return "usher_put_" + name + "(b, " + place + ")", nil
		case *types.Basic:
			if e.Info()&types.IsInteger != 0 {
				place += ".value"
			}
			return putBasic(place, name, e)
		}
	}
	return "", fmt.Errorf("guests write no %s", t)
}

func putBasic(place, name string, t *types.Basic) (string, error) {
	switch {
	case t.Info()&types.IsString != 0 && name != "":
		return "usher_put_json(b, usher_" + name + "_text(" + place + "))", nil
	case t.Info()&types.IsString != 0:
		return "usher_put_json(b, " + place + ")", nil
	case t.Info()&types.IsBoolean != 0:
		return "usher_put_flag(b, " + place + ")", nil
	case t.Info()&types.IsInteger != 0:
		return "usher_put_number(b, " + place + ")", nil
	case t.Info()&types.IsFloat != 0:
		return "usher_put_float(b, " + place + ")", nil
	}
	return "", fmt.Errorf("guests write no %s", t)
}

// isSet gives the test whether an optional value is there.
func isSet(place string, t types.Type) (string, error) {
	switch u := t.Underlying().(type) {
	case *types.Map:
		return place + ".at", nil
	case *types.Slice:
		return place + ".len", nil
	case *types.Pointer:
		e, ok := u.Elem().Underlying().(*types.Basic)
		switch {
		case !ok:
			return place, nil
		case e.Info()&types.IsInteger != 0:
			return place + ".set", nil
		case shape.Name(u.Elem()) != "":
			return place + ".is", nil
		}
		return place + ".at", nil
	case *types.Basic:
		if u.Info()&types.IsString == 0 {
			return place, nil
		}
		if shape.Name(t) != "" {
			return place + ".is", nil
		}
		return place + ".len", nil
	}
	return "", fmt.Errorf("%s cannot be left out", t)
}
