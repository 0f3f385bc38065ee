package cheader

import (
	"bytes"
	"embed"
	"fmt"
	"go/types"

	"github.com/usher-id/usher/hostapi/internal/shape"
)

//go:embed parts/*.h
var parts embed.FS

// writer collects what is made of the types, each after those that it is made of.
type writer struct {
	source *shape.Source
	done   map[string]bool
	bytes.Buffer
}

// All writes the header, by its name.
func All(s *shape.Source) (map[string][]byte, error) {
	w := &writer{source: s, done: map[string]bool{}}
	for _, part := range []func() error{
		w.hand("1_head.h"), w.hand("2_text.h"), w.hand("3_read.h"), w.hand("4_write.h"), w.hand("5_border.h"),
		w.limits, w.types,
		w.hand("7_call.h"), w.hand("8_capability.h"),
		w.hooks,
		w.hand("9_test.h"),
	} {
		if err := part(); err != nil {
			return nil, err
		}
	}
	w.WriteString("\n#endif\n")
	return map[string][]byte{"usher.h": w.Bytes()}, nil
}

func (w *writer) hand(name string) func() error {
	return func() error {
		text, err := parts.ReadFile("parts/" + name)
		w.Write(text)
		return err
	}
}

func (w *writer) printf(format string, args ...any) { fmt.Fprintf(w, format, args...) }

// limits writes the bounds of the contract.
func (w *writer) limits() error {
	w.printf("\n/* ---- The bounds of the contract; in bytes where nothing else is said ---- */\n\n")
	for _, name := range w.source.Constants() {
		if len(name) < 4 || name[:3] != "Max" {
			continue
		}
		n, err := w.source.Number(name)
		if err != nil {
			return err
		}
		w.printf("#define USHER_%s %d\n", upper(name), n)
	}
	return nil
}

// types writes every type that crosses the border, with its codec.
func (w *writer) types() error {
	w.printf("\n/* ---- What crosses the border ---- */\n")
	names := []string{"Outcome", "FieldError", "Actor", "Refusal"}
	for _, h := range shape.Hooks() {
		names = append(names, h.Question, h.Answer)
	}
	for _, f := range shape.Functions() {
		if names = append(names, f.Request); f.Answer != "" {
			names = append(names, f.Answer)
		}
	}
	for _, name := range names {
		t, err := w.source.Type(name)
		if err != nil {
			return err
		}
		if err := w.declare(t); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	w.list(lower("FieldError"))
	return nil
}

// declare writes a type, once, after those that it is made of.
func (w *writer) declare(t types.Type) error {
	name := shape.Name(t)
	switch u := t.Underlying().(type) {
	case *types.Pointer:
		return w.declare(u.Elem())
	case *types.Slice:
		if name == "RawJSON" {
			return nil
		}
		if err := w.declare(u.Elem()); err != nil {
			return err
		}
		if _, ok := u.Elem().Underlying().(*types.Struct); ok {
			w.list(lower(shape.Name(u.Elem())))
		}
		return nil
	case *types.Basic:
		if name == "" || w.done[name] {
			return nil
		}
		w.done[name] = true
		w.enumeration(t)
	case *types.Struct:
		if w.done[name] {
			return nil
		}
		w.done[name] = true
		return w.structure(t)
	}
	return nil
}

// list writes a list of a struct, once, and its codec.
func (w *writer) list(name string) {
	if w.done[name+" list"] {
		return
	}
	w.done[name+" list"] = true
	w.printf("\ntypedef struct usher_%s_list {\n  usher_%s *at;\n  uint32_t len, room;\n} usher_%s_list;\n", name, name, name)
	w.printf("\nstatic inline usher_%s_list usher_read_%s_list(usher_reader *r) {\n  usher_%s_list list = {0};\n", name, name, name)
	w.printf("  for (bool more = usher_array(r); more; more = usher_element(r)) {\n    usher_%s e;\n", name)
	w.printf("    usher_read_%s(r, &e);\n    usher_add(&list, e);\n  }\n  return list;\n}\n", name)
	w.printf("\nstatic inline void usher_put_%s_list(usher_buffer *b, usher_%s_list list) {\n  const uint32_t start = b->len;\n", name, name)
	w.printf("  for (uint32_t i = 0; i < list.len; i++) {\n    usher_put_byte(b, ',');\n    usher_put_%s(b, &list.at[i]);\n  }\n", name)
	w.printf("  usher_end(b, start, '[', ']');\n}\n")
}

// structure writes a struct and its codec.
func (w *writer) structure(t types.Type) error {
	fields, err := w.source.Fields(t)
	if err != nil {
		return err
	}
	for _, f := range fields {
		if err := w.declare(f.Type); err != nil {
			return err
		}
	}
	name := lower(shape.Name(t))
	w.printf("\n")
	w.comment("", w.inFields(w.source.Doc(shape.Name(t)), fields))
	w.printf("typedef struct usher_%s {\n", name)
	for _, f := range fields {
		declared, err := declaration(f.Type)
		if err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
		w.comment("  ", w.inFields(f.Doc, fields))
		w.printf("  %s%s;\n", declared, f.JSON)
	}
	if len(fields) == 0 {
		w.printf("  char nothing; /* C has no struct without members */\n")
	}
	w.printf("} usher_%s;\n", name)
	if err := w.reader(name, fields); err != nil {
		return err
	}
	return w.putter(name, fields)
}

// declaration is the type of a member, up to its name.
func declaration(t types.Type) (string, error) {
	name := shape.Name(t)
	switch u := t.Underlying().(type) {
	case *types.Basic:
		switch {
		case u.Info()&types.IsString != 0 && name != "":
			return "usher_" + lower(name) + " ", nil
		case u.Info()&types.IsString != 0:
			return "usher_text ", nil
		case u.Info()&types.IsBoolean != 0:
			return "bool ", nil
		case u.Info()&types.IsInteger != 0:
			return "int64_t ", nil
		case u.Info()&types.IsFloat != 0:
			return "double ", nil
		}
	case *types.Map:
		return "usher_map ", nil
	case *types.Struct:
		return "usher_" + lower(name) + " ", nil
	case *types.Slice:
		switch {
		case name == "RawJSON" || shape.Name(u.Elem()) == "" && !isText(u.Elem()):
			return "usher_text ", nil
		case isText(u.Elem()):
			return "usher_texts ", nil
		}
		return "usher_" + lower(shape.Name(u.Elem())) + "_list ", nil
	case *types.Pointer:
		return pointed(u.Elem())
	}
	return "", fmt.Errorf("guests in C have no %s", t)
}

// pointed is the type of a member that may be missing.
func pointed(t types.Type) (string, error) {
	switch u := t.Underlying().(type) {
	case *types.Struct:
		return "const usher_" + lower(shape.Name(t)) + " *", nil
	case *types.Basic:
		if u.Info()&types.IsInteger != 0 {
			return "usher_optional_number ", nil
		}
		if u.Info()&types.IsString != 0 {
			return declaration(t)
		}
	}
	return "", fmt.Errorf("guests in C have no %s that may be missing", t)
}

func isText(t types.Type) bool {
	b, ok := t.(*types.Basic)
	return ok && b.Kind() == types.String
}

// enumeration writes the values of a type, and how its texts are told apart.
func (w *writer) enumeration(t types.Type) {
	name := lower(shape.Name(t))
	prefix := "USHER_" + upper(shape.Name(t)) + "_"
	w.printf("\n")
	w.comment("", w.source.Doc(shape.Name(t))+" A value that this header does not know is OTHER, with its text.")
	w.printf("typedef struct usher_%s {\n  enum usher_%s_value {\n    %sNONE,\n", name, name, prefix)
	values := w.source.Values(t)
	for _, v := range values {
		w.comment("    ", v.Doc)
		w.printf("    %s%s,\n", prefix, upper(v.Text))
	}
	w.printf("    %sOTHER,\n  } is;\n  usher_text text; /* as it came; an answer needs it with OTHER only */\n} usher_%s;\n\n", prefix, name)
	w.printf("static inline usher_%s usher_%s_of(usher_text t) {\n", name, name)
	for _, v := range values {
		w.printf("  if (usher_is(t, %q)) return (usher_%s){%s%s, t};\n", v.Text, name, prefix, upper(v.Text))
	}
	w.printf("  return (usher_%s){t.len ? %sOTHER : %sNONE, t};\n}\n\n", name, prefix, prefix)
	w.printf("static inline usher_text usher_%s_text(usher_%s v) {\n  switch (v.is) {\n", name, name)
	for _, v := range values {
		w.printf("    case %s%s: return USHER_TEXT(%q);\n", prefix, upper(v.Text), v.Text)
	}
	w.printf("    case %sNONE:\n    case %sOTHER: break;\n  }\n  return v.text;\n}\n", prefix, prefix)
}
