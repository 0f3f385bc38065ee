package manifest

import (
	"fmt"
	"strings"
)

// A schema is small code of a stranger that runs in the host when a config is checked.
// It cannot loop, as it may not refer to itself, and cannot fan out, as its size with
// every reference written out is bounded.
const (
	maxSchemaDepth = 64
	maxSchemaSize  = 5_000 // schemas within the schema, each as often as it is referred to
)

// measure walks over a schema and counts.
type measure struct {
	defs  map[string]any
	sizes map[string]int  // of definitions that were counted
	under map[string]bool // definitions that are being counted
}

// bounded refuses a schema whose validation could take long, or that refers to
// anything but its own $defs.
func bounded(doc any) error {
	root, ok := doc.(map[string]any)
	if !ok {
		return fmt.Errorf("an object was expected, a JSON Schema of draft 2020-12")
	}
	if d, ok := root["$schema"]; ok && d != dialect {
		return fmt.Errorf("$schema is not %s", dialect)
	}
	m := &measure{sizes: map[string]int{}, under: map[string]bool{}}
	m.defs, _ = root["$defs"].(map[string]any)
	_, err := m.schema(root, 0)
	return err
}

// schema gives the size of one with all that it refers to.
func (m *measure) schema(doc any, depth int) (int, error) {
	object, ok := doc.(map[string]any)
	if !ok {
		return 1, nil // a boolean, or nothing that compiles
	}
	if depth > maxSchemaDepth {
		return 0, fmt.Errorf("it is nested more than %d deep", maxSchemaDepth)
	}
	size := 1
	for keyword, value := range object {
		n, err := m.keyword(keyword, value, depth)
		if err != nil {
			return 0, err
		}
		if size += n; size > maxSchemaSize {
			return 0, fmt.Errorf("with its references written out it has more than %d parts", maxSchemaSize)
		}
	}
	return size, nil
}

func (m *measure) keyword(keyword string, value any, depth int) (int, error) {
	switch keyword {
	case "$id", "$anchor", "$dynamicRef", "$dynamicAnchor", "$vocabulary", "$recursiveRef", "$recursiveAnchor", "definitions", "dependencies":
		return 0, fmt.Errorf("%s is not supported; refer to #/$defs/NAME", keyword)
	case "$ref":
		return m.reference(value, depth)
	case "properties", "patternProperties", "$defs", "dependentSchemas":
		members, _ := value.(map[string]any)
		return m.sum(func(yield func(any)) {
			for _, s := range members {
				yield(s)
			}
		}, depth)
	case "allOf", "anyOf", "oneOf", "prefixItems":
		list, _ := value.([]any)
		return m.sum(func(yield func(any)) {
			for _, s := range list {
				yield(s)
			}
		}, depth)
	case "items", "contains", "not", "if", "then", "else", "additionalProperties", "propertyNames",
		"unevaluatedItems", "unevaluatedProperties", "contentSchema":
		return m.schema(value, depth+1)
	case "enum":
		list, _ := value.([]any)
		return len(list), nil
	}
	return 0, nil
}

// sum adds up the sizes of several schemas.
func (m *measure) sum(each func(func(any)), depth int) (size int, err error) {
	each(func(s any) {
		if err == nil && size <= maxSchemaSize {
			var n int
			n, err = m.schema(s, depth+1)
			size += n
		}
	})
	return size, err
}

func (m *measure) reference(value any, depth int) (int, error) {
	name, ok := strings.CutPrefix(fmt.Sprint(value), "#/$defs/")
	if !ok || strings.ContainsAny(name, "/~%") {
		return 0, fmt.Errorf("$ref %s leads elsewhere; refer to #/$defs/NAME", quote(fmt.Sprint(value)))
	}
	target, ok := m.defs[name]
	if !ok {
		return 0, fmt.Errorf("$ref %s leads nowhere", quote(fmt.Sprint(value)))
	}
	if m.under[name] {
		return 0, fmt.Errorf("the definition %s refers to itself", quote(name))
	}
	if size, ok := m.sizes[name]; ok {
		return size, nil
	}
	m.under[name] = true
	size, err := m.schema(target, depth+1)
	m.under[name] = false
	m.sizes[name] = size
	return size, err
}
