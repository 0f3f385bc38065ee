package plugins_test

import (
	"bytes"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/usher-id/usher/plugins"
)

func TestFields(t *testing.T) {
	t.Parallel()
	for object, want := range map[string]string{
		`{"slug":"a","email":"b","metadata":{"slug":"c","x":[1,{"y":"}"}]}}`:     `{"slug":"a","metadata":{"slug":"c","x":[1,{"y":"}"}]}}`,
		" { \"x\" : \"\\\"slug\\\\\" , \"slug\"\n:\t[ 1 , 2 ] , \"y\" : null } ": `{"slug":[ 1 , 2 ]}`,
		`{"sl\u0075g":-1.5e3,"metadata":true}`:                                   `{"sl\u0075g":-1.5e3,"metadata":true}`,
		`{}`:                                                                     `{}`, `[]`: `{}`, ``: `{}`, `null`: `{}`, `{"slug"`: `{}`, `{"slug":`: `{}`, `{"slug":,"metadata":1}`: `{}`, `{"slug":"a"`: `{"slug":"a"}`,
	} {
		if got := string(plugins.AppendFields([]byte(object), []string{"slug", "metadata"})); got != want {
			t.Errorf("%s becomes %s, want %s", object, got, want)
		}
	}
}

// FuzzFields holds it to a decoder: of what that reads, it gives the same members; nothing makes it panic or hang.
func FuzzFields(f *testing.F) {
	f.Add([]byte(`{"slug":"a\\","email":[{"x":"\"]"}],"metadata":{"slug":1}}`))
	f.Add([]byte(`{"slug": -0.5 , "x":{} }`))
	f.Fuzz(func(t *testing.T, object []byte) {
		got := plugins.AppendFields(object, []string{"slug", "metadata", ""})
		var members map[string]jsontext.Value
		if json.Unmarshal(object, &members) != nil || members == nil {
			return
		}
		want := map[string]jsontext.Value{}
		for name, value := range members {
			if name == "slug" || name == "metadata" || name == "" {
				want[name] = value
			}
		}
		a, err := json.Marshal(want, json.Deterministic(true))
		var back map[string]jsontext.Value
		if err != nil || json.Unmarshal(got, &back) != nil {
			t.Fatalf("%q becomes %q", object, got)
		}
		if b, _ := json.Marshal(back, json.Deterministic(true)); !bytes.Equal(a, b) {
			t.Errorf("%q becomes %q, want %q", object, got, a)
		}
	})
}

func BenchmarkFields(b *testing.B) {
	object := question(b, 0)
	b.ReportAllocs()
	for b.Loop() {
		plugins.AppendFields(object, []string{"email_domain", "locale"})
	}
}
