package rust

import (
	"fmt"
	"go/types"

	"github.com/usher-id/usher/hostapi/internal/shape"
)

// spell gives a type in Rust, and puts those that it needs on the list.
func (w *writer) spell(f *file, owner string, t types.Type) (string, error) {
	how := w.texts[owner]
	if name := shape.Name(t); name != "" && name != "RawJSON" {
		return w.named(f, owner, name)
	}
	switch u := t.Underlying().(type) {
	case *types.Basic:
		return basic(u, how)
	case *types.Pointer:
		return w.spell(f, owner, u.Elem())
	case *types.Slice:
		return w.list(f, owner, t, u)
	case *types.Map:
		if isText(u.Key()) && isText(u.Elem()) {
			return [...]string{owned: "BTreeMap<String, String>", parts: "BTreeMap<&'a str, &'a str>", lent: "&'a [(&'a str, &'a str)]"}[how], nil
		}
	}
	return "", fmt.Errorf("guests have no %s", t)
}

// named spells a type of hostapi: a struct, an enumeration, or a plain one by another name.
func (w *writer) named(f *file, owner, name string) (string, error) {
	t, err := w.source.Type(name)
	if err != nil {
		return "", err
	}
	_, isStruct := t.Underlying().(*types.Struct)
	if !isStruct && len(w.source.Values(t)) == 0 {
		return w.spell(f, owner, t.Underlying())
	}
	how := w.texts[owner]
	if !isStruct {
		how = owned
	}
	w.want(name, how, w.reads[owner])
	if w.source.File(name) != w.source.File(owner) {
		f.uses[rename(name)] = true
	}
	borrows, err := w.borrows(name)
	if borrows {
		return rename(name) + "<'a>", err
	}
	return rename(name), err
}

func (w *writer) list(f *file, owner string, t types.Type, s *types.Slice) (string, error) {
	if shape.Name(t) == "RawJSON" {
		return basic(types.Typ[types.String], w.texts[owner])
	}
	element, err := w.spell(f, owner, s.Elem())
	if w.texts[owner] == lent {
		return "&'a [" + element + "]", err
	}
	return "Vec<" + element + ">", err
}

// borrows tells whether a type of the list has a lifetime.
func (w *writer) borrows(name string) (bool, error) {
	t, err := w.source.Type(name)
	if err != nil || w.texts[name] == owned {
		return false, err
	}
	fields, err := w.source.Fields(t)
	for _, field := range fields {
		switch u := field.Type.Underlying().(type) {
		case *types.Slice, *types.Map:
			return true, err
		case *types.Basic:
			if u.Info()&types.IsString != 0 && len(w.source.Values(field.Type)) == 0 {
				return true, err
			}
		case *types.Struct:
			if below, err := w.borrows(shape.Name(field.Type)); below || err != nil {
				return below, err
			}
		}
	}
	return false, err
}

func basic(t *types.Basic, how texts) (string, error) {
	switch {
	case t.Info()&types.IsString != 0 && how == owned:
		return "String", nil
	case t.Info()&types.IsString != 0:
		return "&'a str", nil
	case t.Info()&types.IsBoolean != 0:
		return "bool", nil
	case t.Info()&types.IsInteger != 0:
		return "i64", nil
	case t.Info()&types.IsFloat != 0:
		return "f64", nil
	}
	return "", fmt.Errorf("guests have no %s", t)
}

func isText(t types.Type) bool {
	b, ok := t.(*types.Basic)
	return ok && b.Kind() == types.String
}
