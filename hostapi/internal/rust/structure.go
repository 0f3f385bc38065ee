package rust

import (
	"fmt"
	"go/types"

	"github.com/usher-id/usher/hostapi/internal/shape"
)

// member is a field with all that is written of it.
type member struct {
	name, doc string
	spelled   string // its type
	raw       bool   // JSON that is passed through
	set       string // the test whether an optional one is there; empty for one that always is
	option    bool
}

// structure writes a struct, and what reads and writes it.
func (w *writer) structure(f *file, name string, t types.Type) error {
	fields, err := w.source.Fields(t)
	if err != nil {
		return err
	}
	var members []member
	for _, field := range fields {
		m, err := w.member(f, name, field)
		if err != nil {
			return fmt.Errorf("%s: %w", field.Name, err)
		}
		members = append(members, m)
	}
	if len(members) == 0 {
		nothing(f, rename(name), w.source.Doc(name))
		return nil
	}
	life := ""
	if borrows, err := w.borrows(name); err != nil {
		return err
	} else if borrows {
		life = "<'a>"
	}
	name = rename(name)
	fmt.Fprintln(f)
	document(f, "", w.source.Doc(shape.Name(t)))
	fmt.Fprintf(f, "#[derive(Debug, Clone, Default, PartialEq)]\npub struct %s%s {\n", name, life)
	for _, m := range members {
		document(f, "    ", m.doc)
		fmt.Fprintf(f, "    pub %s: %s,\n", m.name, m.spelled)
	}
	fmt.Fprint(f, "}\n")
	if w.reads[shape.Name(t)] {
		reading(f, name, life, members)
	}
	writing(f, name, life, members)
	return nil
}

// nothing writes a struct without members.
func nothing(f *file, name, doc string) {
	fmt.Fprintln(f)
	document(f, "", doc)
	fmt.Fprintf(f, "#[derive(Debug, Clone, Default, PartialEq)]\npub struct %s {}\n", name)
	fmt.Fprintf(f, "\nimpl ToJson for %s {\n    fn write_json(&self, out: &mut String) {\n        out.push_str(\"{}\");\n    }\n}\n", name)
}

func reading(f *file, name, life string, members []member) {
	fmt.Fprintf(f, "\nimpl<'a> FromJson<'a> for %s%s {\n    fn read(r: &mut Reader<'a>) -> Self {\n        let mut v = Self::default();\n", name, life)
	fmt.Fprint(f, "        let mut more = r.object();\n        while more {\n            match r.name() {\n")
	for _, m := range members {
		call := "value"
		if m.raw {
			call = "raw"
		}
		fmt.Fprintf(f, "                %q => v.%s = r.%s(),\n", m.name, m.name, call)
	}
	fmt.Fprint(f, "                _ => r.skip(),\n            }\n            more = r.member();\n        }\n        v\n    }\n}\n")
}

func writing(f *file, name, life string, members []member) {
	borrowed := life != ""
	if borrowed {
		life = "<'_>"
	}
	fmt.Fprintf(f, "\nimpl ToJson for %s%s {\n    fn write_json(&self, out: &mut String) {\n        let mut o = Object::new(out);\n", name, life)
	for _, m := range members {
		call, value, indent := "member", "&self."+m.name, "        "
		if m.raw {
			call = "raw"
		}
		if m.raw && borrowed {
			value = "self." + m.name
		}
		if m.option {
			value = "v"
		}
		if m.set != "" {
			fmt.Fprintf(f, "        if %s {\n", m.set)
			indent += "    "
		}
		fmt.Fprintf(f, "%so.%s(%q, %s);\n", indent, call, m.name, value)
		if m.set != "" {
			fmt.Fprint(f, "        }\n")
		}
	}
	fmt.Fprint(f, "        o.end();\n    }\n}\n")
}

// member spells a field of a struct.
func (w *writer) member(f *file, owner string, field shape.Field) (member, error) {
	m := member{name: field.JSON, doc: field.Doc, raw: shape.Name(field.Type) == "RawJSON"}
	var err error
	if m.spelled, err = w.spell(f, owner, field.Type); err != nil || !field.Optional {
		return m, err
	}
	place := "self." + m.name
	switch u := field.Type.Underlying().(type) {
	case *types.Pointer:
		m.option = true
	case *types.Map:
		m.option = w.texts[owner] == owned && !w.reads[owner]
		m.set = "!" + place + ".is_empty()"
	case *types.Basic:
		m.set = basicSet(place, u)
	default:
		m.set = "!" + place + ".is_empty()"
	}
	if m.option {
		m.set = "let Some(v) = &" + place
		m.spelled = "Option<" + m.spelled + ">"
	}
	return m, nil
}

func basicSet(place string, t *types.Basic) string {
	switch {
	case t.Info()&types.IsString != 0:
		return "!" + place + ".is_empty()"
	case t.Info()&types.IsBoolean != 0:
		return place
	default:
		return place + " != 0"
	}
}
