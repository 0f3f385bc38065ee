package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/usher-id/usher/hostapi"
)

// decode reads JSON that has no member but those of what it is read into. The error says where it has, in the words of
// who wrote it.
func decode(text []byte, into any) error {
	err := json.Unmarshal(text, into, json.RejectUnknownMembers(true))
	if err == nil {
		return nil
	}
	semantic, ok := errors.AsType[*json.SemanticError](err)
	if !ok {
		return notJSON(text, err)
	}
	where := strings.TrimPrefix(path(semantic.JSONPointer.Tokens()), ".")
	switch {
	case errors.Is(err, json.ErrUnknownName):
		return fmt.Errorf("%s: there is no such member; %s", where, instead(semantic.JSONPointer, reflect.TypeOf(into).Elem()))
	case semantic.GoType != nil:
		return fmt.Errorf("%s: %s was expected, not %s", where, word(semantic.GoType), found(semantic.JSONKind, semantic.GoType))
	}
	return fmt.Errorf("%s: %w", where, err)
}

// notJSON says where a text stops to be JSON.
func notJSON(text []byte, err error) error {
	syntactic, ok := errors.AsType[*jsontext.SyntacticError](err)
	if !ok {
		return fmt.Errorf("it is no JSON: %w", err)
	}
	before := text[:min(max(syntactic.ByteOffset, 0), int64(len(text)))]
	line, column := 1+bytes.Count(before, []byte("\n")), len(before)-bytes.LastIndexByte(before, '\n')
	return fmt.Errorf("it is no JSON from line %d, column %d: %w", line, column, syntactic.Err)
}

// instead says what a member could have been that an object of a type does not have.
func instead(at jsontext.Pointer, t reflect.Type) string {
	tokens := slices.Collect(at.Tokens())
	for _, token := range tokens[:len(tokens)-1] {
		t = within(t, token)
	}
	if t = pointed(t); t.Kind() != reflect.Struct || t.NumField() == 0 {
		return "there is none at all"
	}
	names := make([]string, t.NumField())
	for i := range names {
		names[i] = jsonName(t.Field(i))
	}
	name := at.LastToken()
	if best := nearest(name, names); edits(name[:min(len(name), maxQuoted)], best) <= len(best)/2 {
		return "did you mean " + best + "?"
	}
	return "there are " + strings.Join(names, ", ")
}

// within is the type of a member or an element.
func within(t reflect.Type, token string) reflect.Type {
	switch t = pointed(t); t.Kind() {
	case reflect.Slice, reflect.Map:
		return t.Elem()
	case reflect.Struct:
		for i := range t.NumField() {
			if jsonName(t.Field(i)) == token {
				return t.Field(i).Type
			}
		}
	}
	return t
}

func pointed(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}

// word says what JSON a type wants.
func word(t reflect.Type) string {
	switch t = pointed(t); t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	case reflect.Slice:
		return "an array"
	default:
		return "an object"
	}
}

// found says what JSON there was in place of a type.
func found(k jsontext.Kind, t reflect.Type) string {
	switch k {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "a string"
	case '0':
		if strings.HasSuffix(word(t), "number") {
			return "such a number"
		}
		return "a number"
	default:
		return k.String()
	}
}

// ParseFixtures decodes and judges fixtures that stand beside a module with that manifest, as [Parse] does those within. The
// error names each by its place in the array.
func ParseFixtures(text []byte, m hostapi.Manifest) ([]hostapi.Fixture, error) {
	var list []hostapi.Fixture
	if err := decode(text, &list); err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, errors.New("there is no fixture in it")
	}
	p := &problems{}
	m.Fixtures = list
	p.fixtures(m, p.configSchema(m.ConfigSchema))
	return list, p.err()
}
