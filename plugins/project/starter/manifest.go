package starter

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"

	"github.com/usher-id/usher/hostapi"
)

// manifest writes a manifest for people: a line for each hook and each fixture.
func manifest(name string, hooks []hostapi.Hook, samples []sample) ([]byte, error) {
	var w lines
	w.text("{\n")
	w.member("  ", "name", name, ",\n")
	w.member("  ", "version", "0.1.0", ",\n")
	w.text("  \"hooks\": {\n")
	for i, h := range hooks {
		w.member("    ", string(h), hostapi.HookNeeds{Fields: samples[i].Fields}, comma(i, len(hooks)))
	}
	w.text("  },\n")
	if asked := joined(samples); !reflect.ValueOf(asked).IsZero() {
		if asked.HTTP != nil {
			slices.Sort(asked.HTTP.Origins)
			asked.HTTP.Origins = slices.Compact(asked.HTTP.Origins)
		}
		w.member("  ", "capabilities", asked, ",\n")
	}
	if all := settings(samples); len(all) > 0 {
		w.schema(all)
	}
	w.text("  \"fixtures\": [\n")
	var fixtures []json.RawMessage
	for _, s := range samples {
		fixtures = append(fixtures, s.Fixtures...)
	}
	for i, f := range fixtures {
		w.text("    " + string(f) + comma(i, len(fixtures)))
	}
	w.text("  ]\n}\n")
	return w.Bytes(), w.err
}

func comma(i, n int) string {
	if i < n-1 {
		return ",\n"
	}
	return "\n"
}

// lines writes JSON by hand and keeps the first error.
type lines struct {
	bytes.Buffer
	err error
}

func (w *lines) text(s string) { w.WriteString(s) }

func (w *lines) member(indent, name string, value any, end string) {
	text, err := json.Marshal(value)
	if err != nil && w.err == nil {
		w.err = err
	}
	w.text(indent + `"` + name + `": ` + string(text) + end)
}

func (w *lines) schema(properties map[string]json.RawMessage) {
	w.text("  \"config_schema\": {\n")
	w.member("    ", "$schema", "https://json-schema.org/draft/2020-12/schema", ",\n")
	w.member("    ", "type", "object", ",\n")
	w.member("    ", "additionalProperties", false, ",\n")
	w.member("    ", "properties", properties, "\n")
	w.text("  },\n")
}
