package edge

import (
	"reflect"
	"strings"

	"github.com/usher-id/usher/core"
)

// requiredField is a field that must be there and not empty.
type requiredField struct {
	index int
	name  string
}

// requiredFields finds the fields without omitzero, which is what the OpenAPI
// document calls required.
func requiredFields(t reflect.Type) []requiredField {
	var fields []requiredField
	for i := range t.NumField() {
		name, options, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if !strings.Contains(options, "omitzero") {
			fields = append(fields, requiredField{index: i, name: name})
		}
	}
	return fields
}

func missing(value reflect.Value, required []requiredField) error {
	var wrong []core.FieldError
	for _, f := range required {
		if value.Field(f.index).IsZero() {
			wrong = append(wrong, core.FieldError{Field: f.name, Code: "required", Message: "This field is required."})
		}
	}
	if wrong == nil {
		return nil
	}
	return core.Invalid(wrong...)
}
