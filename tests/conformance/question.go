package conformance

import (
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/hostapi/fixture"
	"github.com/usher-id/usher/plugins/manifest"
)

// questions looks whether each hook's question, and what the call is about, come to the handler whole.
func questions(t *testing.T, s *stage) {
	for _, f := range forms() {
		t.Run(string(f.hook), func(t *testing.T) {
			data := full(t, f.question)
			r := s.answered(t, question{hook: f.hook, data: data})
			heard(t, f, r, data)
			seen, ok := after(r.logged(), "call")
			want := `{"id":` + quote(r.callID) + `,"hook":` + quote(string(f.hook)) + `,"run_id":` + quote(runID) + `,"tenant":` + quote(tenantID) +
				`,"actor":{"kind":"user","id":` + quote(actorID) + `},"traceparent":` + quote(traceparent) + `}`
			if diff := differ(want, seen); !ok || len(diff) > 0 {
				t.Errorf("the call is %q: %q", seen, diff)
			}
			gives(t, f.hook, r, f.least)
		})
	}
}

// heard compares the question that the handler was given.
func heard(t *testing.T, f form, r reply, want string) {
	t.Helper()
	got, ok := after(r.logged(), "question")
	if !ok {
		t.Fatalf("%s: it logged no question, but %q", f.hook, r.logged())
	}
	if diff := differ(typed(t, f.question, want), got); len(diff) > 0 {
		t.Errorf("%s: the handler was given another question: %q", f.hook, diff)
	}
}

// gives compares the answer, which is to let the chain go on.
func gives(t *testing.T, h hostapi.Hook, r reply, data string) {
	t.Helper()
	_, want, err := manifest.Answer(h, []byte(`{"outcome":"continue","data":`+data+`}`))
	if err != nil {
		t.Fatal(err)
	}
	if diff := differ(string(want), string(r.form)); len(diff) > 0 {
		t.Errorf("it answered something else: %q", diff)
	}
}

// differ compares JSON. What is empty (null, a list, an object) is the same as any other that is empty, and as what is not there.
func differ(want, got string) []string {
	w, err := bare(want)
	if err != nil {
		return []string{"want: " + err.Error()}
	}
	g, err := bare(got)
	if err != nil {
		return []string{"got " + got + ": " + err.Error()}
	}
	return fixture.Diff(w, g)
}

func bare(text string) ([]byte, error) {
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		return nil, err
	}
	return json.Marshal(strip(v), json.Deterministic(true))
}

func strip(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			if v[name] = strip(member); v[name] == nil {
				delete(v, name)
			}
		}
		if len(v) == 0 {
			return nil
		}
	case []any:
		for i := range v {
			v[i] = strip(v[i])
		}
		if len(v) == 0 {
			return nil
		}
	}
	return v
}
