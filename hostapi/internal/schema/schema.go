package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/types"
	"strings"

	"github.com/usher-id/usher/hostapi/internal/shape"
)

// Dialect is the draft that the schemas are written in.
const Dialect = "https://json-schema.org/draft/2020-12/schema"

// object is a JSON object; its members are written in the order of their names.
type object = map[string]any

// writer writes one document.
type writer struct {
	source *shape.Source
	name   string // of the document
	open   bool   // guests read it
	defs   object // types beside the first
	used   map[string]bool
}

// All writes every schema, by the name of its file.
func All(s *shape.Source) (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, d := range documents() {
		b, err := document(s, d)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", d.name, err)
		}
		files[d.name+".json"] = b
	}
	return files, nil
}

type doc struct {
	name, goType string
	open         bool
}

func documents() []doc {
	all := []doc{
		{"envelope", "Envelope", true},
		{"output", "Output", false},
		{"manifest", "Manifest", false},
		{"refusal", "Refusal", true},
	}
	for _, h := range shape.Hooks() {
		all = append(all, doc{string(h.Hook) + ".question", h.Question, true}, doc{string(h.Hook) + ".answer", h.Answer, false})
	}
	for _, f := range shape.Functions() {
		_, module, _ := strings.Cut(strings.TrimSuffix(f.Module, "/v1"), ":")
		name := module + "." + f.Name
		all = append(all, doc{name + ".request", f.Request, false})
		if f.Answer != "" {
			all = append(all, doc{name + ".answer", f.Answer, true})
		}
	}
	return all
}

func document(s *shape.Source, d doc) ([]byte, error) {
	t, err := s.Type(d.goType)
	if err != nil {
		return nil, err
	}
	w := &writer{source: s, name: d.name, open: d.open, defs: object{}, used: map[string]bool{}}
	root, err := w.structure(t)
	if err != nil {
		return nil, err
	}
	root["$schema"] = Dialect
	root["$id"] = "urn:usher:v1:" + d.name
	root["title"] = d.goType
	if len(w.defs) > 0 {
		root["$defs"] = w.defs
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err = e.Encode(root)
	return b.Bytes(), err
}

// structure writes a struct.
func (w *writer) structure(t types.Type) (object, error) {
	fields, err := w.source.Fields(t)
	if err != nil {
		return nil, err
	}
	properties, required := object{}, []string{}
	for _, f := range fields {
		p, err := w.field(shape.Name(t), f)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		properties[f.JSON] = p
		if !f.Optional {
			required = append(required, f.JSON)
		}
	}
	o := object{"type": "object", "properties": properties}
	describe(o, w.source.Doc(shape.Name(t)))
	if !w.open {
		o["additionalProperties"] = false
	}
	if !w.open && len(required) > 0 && !partly()[w.name+"."+shape.Name(t)] {
		o["required"] = required
	}
	return o, nil
}

func (w *writer) field(owner string, f shape.Field) (object, error) {
	o, err := w.value(f.Type)
	if err != nil {
		return nil, err
	}
	describe(o, f.Doc)
	if w.open {
		return o, nil
	}
	for keyword, constant := range bounds()[owner+"."+f.JSON] {
		n, err := w.source.Number(constant)
		if err != nil {
			return nil, err
		}
		bound(o, keyword, n)
	}
	if n, ok := most()[owner+"."+f.JSON]; ok {
		o["maximum"] = n
	}
	if _, ok := o["maximum"]; ok {
		o["minimum"] = 0
	}
	return o, nil
}

// bound sets a keyword of the value, or of the names or values of its members.
func bound(o object, keyword string, n int64) {
	if name, ok := strings.CutPrefix(keyword, "names."); ok {
		o["propertyNames"] = object{name: n}
		return
	}
	if name, ok := strings.CutPrefix(keyword, "values."); ok {
		if members, ok := o["additionalProperties"].(object); ok {
			members[name] = n
		}
		return
	}
	o[keyword] = n
}

// value writes any type.
func (w *writer) value(t types.Type) (object, error) {
	if shape.Name(t) == "RawJSON" {
		return object{}, nil
	}
	if values := w.source.Values(t); len(values) > 0 {
		return object{"type": "string", "enum": texts(values)}, nil
	}
	switch u := t.Underlying().(type) {
	case *types.Basic:
		return basic(u)
	case *types.Pointer:
		return w.value(u.Elem())
	case *types.Slice:
		items, err := w.value(u.Elem())
		return w.nullable(object{"type": "array", "items": items}), err
	case *types.Map:
		return w.dictionary(u)
	case *types.Struct:
		return w.reference(t)
	case *types.Interface: // the type parameter of an envelope or an output
		return object{"type": "object"}, nil
	}
	return nil, fmt.Errorf("there is no schema for %s", t)
}

// nullable lets a list or dictionary that guests read be null, as one without
// anything in it may be.
func (w *writer) nullable(o object) object {
	if w.open {
		o["type"] = []any{o["type"], "null"}
	}
	return o
}

func (w *writer) dictionary(m *types.Map) (object, error) {
	members, err := w.value(m.Elem())
	if err != nil {
		return nil, err
	}
	o := object{"type": "object", "additionalProperties": members}
	if names := w.source.Values(m.Key()); len(names) > 0 {
		o["propertyNames"] = object{"enum": texts(names)}
	}
	return w.nullable(o), nil
}

// reference writes a struct below $defs, once, and points there.
func (w *writer) reference(t types.Type) (object, error) {
	name := shape.Name(t)
	if !w.used[name] {
		w.used[name] = true
		o, err := w.structure(t)
		if err != nil {
			return nil, err
		}
		w.defs[name] = o
	}
	return object{"$ref": "#/$defs/" + name}, nil
}

func basic(b *types.Basic) (object, error) {
	switch {
	case b.Info()&types.IsString != 0:
		return object{"type": "string"}, nil
	case b.Info()&types.IsBoolean != 0:
		return object{"type": "boolean"}, nil
	case b.Info()&types.IsInteger != 0:
		return object{"type": "integer"}, nil
	case b.Info()&types.IsFloat != 0:
		return object{"type": "number"}, nil
	}
	return nil, fmt.Errorf("there is no schema for %s", b)
}

func describe(o object, text string) {
	if text != "" {
		o["description"] = text
	}
}

func texts(values []shape.Value) []string {
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = v.Text
	}
	return list
}
