package json_test

import (
	"slices"
	"testing"

	"github.com/usher-id/usher/sdk/json"
)

func TestText(t *testing.T) {
	t.Parallel()
	const value = ` {"a": {"b": "c\u00e9\n", "n": -1.5e3, "t": true, "z": null, "l": ["x"]}, "a.b": "d", "b": "first", "b": "second"} `
	for name, tc := range map[string]struct {
		value string
		path  []string
		want  string
	}{
		"a string":      {value, []string{"a", "b"}, "cé\n"},
		"a number":      {value, []string{"a", "n"}, "-1.5e3"},
		"a boolean":     {value, []string{"a", "t"}, "true"},
		"null":          {value, []string{"a", "z"}, ""},
		"an array":      {value, []string{"a", "l"}, ""},
		"an object":     {value, []string{"a"}, ""},
		"a dot":         {value, []string{"a.b"}, "d"},
		"twice":         {value, []string{"b"}, "first"},
		"missing":       {value, []string{"a", "x", "y"}, ""},
		"below a text":  {value, []string{"b", "c"}, ""},
		"itself":        {`"x"`, nil, "x"},
		"broken":        {`{"a": {"b": "c"`, []string{"a", "b"}, ""},
		"nothing":       {``, []string{"a"}, ""},
		"broken string": {`"\q"`, nil, ""},
	} {
		if got := json.Text(tc.value, tc.path...); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}

func TestElements(t *testing.T) {
	t.Parallel()
	for value, want := range map[string][]string{
		`[1, {"a": [2]}, "x"]`: {"1", `{"a": [2]}`, `"x"`}, `[]`: nil, `null`: nil,
	} {
		if got, ok := json.Elements(value); !ok || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %t", value, got, ok)
		}
	}
	for _, value := range []string{"", `{}`, `[1`, `[1 2]`, `"x"`} {
		if got, ok := json.Elements(value); ok {
			t.Errorf("%s is an array: %q", value, got)
		}
	}
}

func TestAppendString(t *testing.T) {
	t.Parallel()
	if got := string(json.AppendString(nil, "a\"\n<é")); got != `"a\"\n<é"` {
		t.Error(got)
	}
}
