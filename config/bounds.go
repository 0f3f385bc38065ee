package config

import (
	"reflect"
	"slices"
	"strings"
	"time"
)

// set stores a decoded value; named string types are converted.
func set(field reflect.Value, value any) { field.Set(reflect.ValueOf(value).Convert(field.Type())) }

// bounds checks a decoded value against min, max and oneof.
func bounds(s Setting, value any) *wrong {
	if len(s.oneOf) > 0 {
		if v, ok := value.(string); ok && !slices.Contains(s.oneOf, v) {
			return &wrong{"is not one of its values", "write " + oneOf(s.oneOf)}
		}
		return nil
	}
	if s.min == "" {
		return nil
	}
	if number(value) < limit(s, s.min) || number(value) > limit(s, s.max) {
		return &wrong{"is out of bounds", "write something from " + s.min + " to " + s.max}
	}
	return nil
}

func oneOf(list []string) string {
	last := len(list) - 1
	if last == 0 {
		return list[0]
	}
	return strings.Join(list[:last], ", ") + " or " + list[last]
}

// number makes values comparable.
func number(v any) float64 {
	switch n := v.(type) {
	case int:
		return float64(n)
	case time.Duration:
		return float64(n)
	case float64:
		return n
	default:
		return 0
	}
}

// limit is a bound as its tag has it; a tag that does not parse is 0, which the
// tests of the tags would find.
func limit(s Setting, tag string) float64 {
	v, _ := decode(s, text(tag))
	return number(v)
}
