package codec

import (
	"bytes"
	"fmt"
	"go/types"
	"strconv"

	"github.com/usher-id/usher/hostapi/internal/shape"
)

// appender writes the function that writes a struct.
func (w *writer) appender(b *bytes.Buffer, t types.Type) error {
	fields, err := w.source.Fields(t)
	if err != nil {
		return err
	}
	name := shape.Name(t)
	fmt.Fprintf(b, "\n// Append%s writes a [hostapi.%s].\n", name, name)
	if len(fields) == 0 {
		fmt.Fprintf(b, "func Append%s(b []byte, _ *hostapi.%s) []byte { return append(b, \"{}\"...) }\n", name, name)
		return nil
	}
	fmt.Fprintf(b, "func Append%s(b []byte, v *hostapi.%s) []byte {\nstart := len(b)\n", name, name)
	for _, f := range fields {
		if err := w.appendField(b, f); err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	fmt.Fprint(b, "return codec.EndObject(b, start)\n}\n")
	return nil
}

// appendField writes the statements that write one member with a comma before it.
func (w *writer) appendField(b *bytes.Buffer, f shape.Field) error {
	place := "v." + f.Name
	if f.Optional {
		test, err := isSet(place, f.Type)
		if err != nil {
			return err
		}
		fmt.Fprintf(b, "if %s {\n", test)
		defer fmt.Fprint(b, "}\n")
	}
	fmt.Fprintf(b, "b = append(b, %s...)\n", strconv.Quote(`,"`+f.JSON+`":`))
	return w.appendValue(b, place, f.Type)
}

// appendValue writes the statements that write one value.
func (w *writer) appendValue(b *bytes.Buffer, place string, t types.Type) error {
	name := shape.Name(t)
	switch u := t.Underlying().(type) {
	case *types.Basic:
		return appendBasic(b, place, name, u)
	case *types.Pointer:
		if _, ok := u.Elem().Underlying().(*types.Struct); ok {
			w.appendStruct(b, place, shape.Name(u.Elem()))
			return nil
		}
		return w.appendValue(b, "*"+place, u.Elem())
	case *types.Map:
		if isText(u.Key()) && isText(u.Elem()) {
			fmt.Fprintf(b, "b = codec.AppendStringMap(b, %s)\n", place)
			return nil
		}
	case *types.Struct:
		w.appendStruct(b, "&"+place, name)
		return nil
	case *types.Slice:
		return w.appendList(b, place, name, u)
	}
	return fmt.Errorf("guests write no %s", t)
}

func (w *writer) appendStruct(b *bytes.Buffer, pointer, name string) {
	w.want(name, "Append", w.appender)
	fmt.Fprintf(b, "b = Append%s(b, %s)\n", name, pointer)
}

func (w *writer) appendList(b *bytes.Buffer, place, name string, s *types.Slice) error {
	_, structs := s.Elem().Underlying().(*types.Struct)
	switch {
	case name == "RawJSON":
		fmt.Fprintf(b, "b = codec.AppendRaw(b, %s)\n", place)
	case isText(s.Elem()):
		fmt.Fprintf(b, "b = codec.AppendStrings(b, %s)\n", place)
	case structs:
		fmt.Fprintf(b, "list := len(b)\nfor i := range %s {\nb = append(b, ',')\n", place)
		w.appendStruct(b, "&"+place+"[i]", shape.Name(s.Elem()))
		fmt.Fprint(b, "}\nb = codec.EndArray(b, list)\n")
	default:
		return fmt.Errorf("guests write no %s", s)
	}
	return nil
}

func appendBasic(b *bytes.Buffer, place, name string, t *types.Basic) error {
	convert := func(plain string) string {
		if name == "" && t.Name() == plain {
			return place
		}
		return plain + "(" + place + ")"
	}
	switch {
	case t.Info()&types.IsString != 0:
		fmt.Fprintf(b, "b = codec.AppendString(b, %s)\n", convert("string"))
	case t.Info()&types.IsBoolean != 0:
		fmt.Fprintf(b, "b = codec.AppendBool(b, %s)\n", convert("bool"))
	case t.Info()&types.IsInteger != 0:
		fmt.Fprintf(b, "b = codec.AppendInt(b, %s)\n", place)
	case t.Info()&types.IsFloat != 0:
		fmt.Fprintf(b, "b = codec.AppendFloat(b, %s)\n", convert("float64"))
	default:
		return fmt.Errorf("guests write no %s", t)
	}
	return nil
}

// isSet gives the test whether an optional value is there.
func isSet(place string, t types.Type) (string, error) {
	switch u := t.Underlying().(type) {
	case *types.Pointer, *types.Map:
		return place + " != nil", nil
	case *types.Slice:
		return "len(" + place + ") > 0", nil
	case *types.Basic:
		switch {
		case u.Info()&types.IsString != 0:
			return place + ` != ""`, nil
		case u.Info()&types.IsBoolean != 0:
			return place, nil
		default:
			return place + " != 0", nil
		}
	}
	return "", fmt.Errorf("%s cannot be left out", t)
}
