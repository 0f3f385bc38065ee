package conformance

import (
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/plugins"
)

// mutated asks with envelopes that have a few bytes changed. What a strict decoder reads without a doubt the handler must be
// given; of the rest a guest may make what it likes, but it may not crash. The changes are the same in each run.
func mutated(t *testing.T, s *stage) {
	chance := rand.New(rand.NewPCG(5, 6))
	read := 0
	for _, f := range forms() {
		whole := with(f.hook, full(t, f.question))
		for range 60 {
			envelope := mutate(chance, whole)
			r := s.ask(t, question{hook: f.hook, envelope: envelope})
			if r.failure != nil && r.failure.Kind != plugins.Failed {
				t.Fatalf("%q: it crashed: %v", envelope, r.failure)
			}
			want, ok := strictly(t, f, envelope)
			if !ok {
				continue
			}
			if read++; r.failure != nil {
				t.Fatalf("%q: %v", envelope, r.failure)
			}
			heard(t, f, r, want)
			if t.Failed() {
				t.Fatalf("of %q", envelope)
			}
		}
	}
	if read < 100 {
		t.Errorf("only %d of the changed envelopes are readable", read)
	}
}

// mutate changes one to three bytes.
func mutate(chance *rand.Rand, text string) string {
	const matter = "\"\\{}[]:,0189-.eu \n\x00\x1f\x7fnulltrue\xc3\xbc"
	b := []byte(text)
	for range 1 + chance.IntN(3) {
		at, c := chance.IntN(len(b)), matter[chance.IntN(len(matter))]
		switch chance.IntN(3) {
		case 0:
			b[at] = c
		case 1:
			b = append(b[:at], b[at+1:]...)
		default:
			b = append(b[:at], append([]byte{c}, b[at:]...)...)
		}
	}
	return string(b)
}

// strictly gives the question of an envelope of the hook, without members that the contract does not have; false where it is not clear.
func strictly(t *testing.T, f form, envelope string) (string, bool) {
	t.Helper()
	var e hostapi.Envelope[jsontext.Value]
	data := reflect.New(f.question)
	if json.Unmarshal([]byte(envelope), &e) != nil || e.Hook != f.hook || string(e.Config) != "{}" {
		return "", false
	}
	if len(e.Data) > 0 && json.Unmarshal(e.Data, data.Interface()) != nil {
		return "", false
	}
	return text(t, data.Interface()), true
}
