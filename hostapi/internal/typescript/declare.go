package typescript

import (
	"fmt"
	"go/types"
	"strings"

	"github.com/usher-id/usher/hostapi/internal/shape"
)

// declare writes a type and those that its members have.
func (w *writer) declare(t types.Type, whole bool) error {
	name := shape.Name(t)
	if values := w.source.Values(t); len(values) > 0 {
		w.comment("", w.source.Doc(name))
		fmt.Fprintf(&w.types, "export type %s =", name)
		for _, v := range values {
			if v.Doc != "" {
				fmt.Fprintf(&w.types, "\n  /** %s */", v.Doc)
			}
			fmt.Fprintf(&w.types, "\n  | %q", v.Text)
		}
		w.types.WriteString(";\n")
		return nil
	}
	fields, err := w.source.Fields(t)
	if err != nil {
		return err
	}
	var members []string
	for _, f := range fields {
		text, err := w.typeOf(f.Type, whole)
		if err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
		mark := ""
		if f.Optional && !whole {
			mark = "?"
		}
		members = append(members, fmt.Sprintf("  %s%s: %s;\n", f.JSON, mark, text))
	}
	w.comment("", w.source.Doc(name))
	if len(members) == 0 {
		fmt.Fprintf(&w.types, "export type %s = Record<string, never>;\n", name)
		return nil
	}
	fmt.Fprintf(&w.types, "export interface %s {\n", name)
	for i, f := range fields {
		w.comment("  ", f.Doc)
		w.types.WriteString(members[i])
	}
	w.types.WriteString("}\n")
	return nil
}

// comment writes what explains a type or a member. A type's stands apart from what comes before.
func (w *writer) comment(indent, text string) {
	if indent == "" {
		w.types.WriteString("\n")
	}
	if text != "" {
		fmt.Fprintf(&w.types, "%s/** %s */\n", indent, strings.ReplaceAll(text, "*/", "* /"))
	}
}

// typeOf gives a type in TypeScript.
func (w *writer) typeOf(t types.Type, whole bool) (string, error) {
	name := shape.Name(t)
	if name == "RawJSON" {
		return "JSONValue", nil
	}
	if len(w.source.Values(t)) > 0 {
		w.wantType(name, whole)
		return name, nil
	}
	switch u := t.Underlying().(type) {
	case *types.Basic:
		return basic(u)
	case *types.Pointer:
		return w.typeOf(u.Elem(), whole)
	case *types.Slice:
		element, err := w.typeOf(u.Elem(), whole)
		return element + "[]", err
	case *types.Map:
		element, err := w.typeOf(u.Elem(), whole)
		return "Record<string, " + element + ">", err
	case *types.Struct:
		w.wantType(name, whole)
		return name, nil
	}
	return "", fmt.Errorf("guests have no %s", t)
}

func basic(b *types.Basic) (string, error) {
	switch {
	case b.Info()&types.IsString != 0:
		return "string", nil
	case b.Info()&types.IsBoolean != 0:
		return "boolean", nil
	case b.Info()&(types.IsInteger|types.IsFloat) != 0:
		return "number", nil
	}
	return "", fmt.Errorf("guests have no %s", b)
}
