package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/usher-id/usher/hostapi"
)

// maxSchema bounds a config_schema, in bytes.
const maxSchema = 64 << 10

// dialect is the draft that a config_schema is written in.
const dialect = "https://json-schema.org/draft/2020-12/schema"

// schemaURL names a config_schema; nothing is ever fetched from it.
const schemaURL = "urn:usher:config"

// configSchema compiles the schema of the config; nil when there is none or it is wrong.
func (p *problems) configSchema(schema hostapi.RawJSON) *jsonschema.Schema {
	if len(schema) == 0 {
		return nil
	}
	compiled, err := compile(schema)
	if err != nil {
		p.add("config_schema", "%v", err)
	}
	return compiled
}

// compile makes a schema that asks nobody for anything and whose validation ends soon.
func compile(schema []byte) (*jsonschema.Schema, error) {
	if len(schema) > maxSchema {
		return nil, fmt.Errorf("%d bytes are more than the limit of %d", len(schema), maxSchema)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		return nil, fmt.Errorf("it is no JSON: %w", err)
	}
	if err := bounded(doc); err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	c.UseLoader(nowhere{})
	if err := c.AddResource(schemaURL, doc); err != nil {
		return nil, err
	}
	compiled, err := c.Compile(schemaURL)
	if err != nil {
		return nil, fmt.Errorf("it is no JSON Schema: %s", flat(err, "config_schema"))
	}
	return compiled, nil
}

// nowhere loads nothing.
type nowhere struct{}

func (nowhere) Load(string) (any, error) {
	return nil, errors.New("only references within the schema are followed")
}

// Fit tells whether an operator's config fits a plugin's config_schema. The error
// names each setting that does not; it never repeats a value.
func Fit(schema, config []byte) error {
	compiled, err := compile(schema)
	if err != nil {
		return err
	}
	return fit(compiled, config, "config")
}

func fit(schema *jsonschema.Schema, config []byte, where string) error {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(config))
	if err != nil {
		return fmt.Errorf("%s is no JSON: %w", where, err)
	}
	if err := schema.Validate(value); err != nil {
		return errors.New(flat(err, where))
	}
	return nil
}

// flat writes what a validation found as one line: place and reason of each leaf.
func flat(err error, where string) string {
	if invalid, ok := errors.AsType[*jsonschema.SchemaValidationError](err); ok {
		err = invalid.Err
	}
	found, ok := errors.AsType[*jsonschema.ValidationError](err)
	if !ok {
		return firstLine(err.Error())
	}
	printer := message.NewPrinter(language.English)
	var lines []string
	var walk func(*jsonschema.ValidationError)
	walk = func(e *jsonschema.ValidationError) {
		for _, cause := range e.Causes {
			walk(cause)
		}
		if len(e.Causes) == 0 && len(lines) < maxProblems {
			at := where + strings.TrimPrefix(path(slices.Values(e.InstanceLocation)), "$")
			lines = append(lines, at+": "+firstLine(e.ErrorKind.LocalizedString(printer)))
		}
	}
	walk(found)
	return strings.Join(lines, "; ")
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	if len(line) > 3*maxQuoted {
		return line[:3*maxQuoted] + "…"
	}
	return line
}

// path writes the way to a value: a.b[0].
func path(tokens func(func(string) bool)) string {
	text := ""
	for token := range tokens {
		if n, err := strconv.Atoi(token); err == nil && n >= 0 {
			text += "[" + strconv.Itoa(n) + "]"
			continue
		}
		text += "." + token
	}
	if text == "" {
		return "$"
	}
	return text
}
