package hook_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"testing"
	"unicode"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/hook"
	"github.com/usher-id/usher/hostapi"
)

// FuzzAnswers holds the judgement of answers to its word, whatever bytes a guest writes at
// whatever hook: it never panics; what it takes has only the fields that the hook may change,
// within their bounds; a denial says what the guest said, in a form that may be shown; and what
// breaks the contract is as a crash in all that can be seen, before other answers and after
// them, whatever a failure means.
func FuzzAnswers(f *testing.F) {
	table := questions()
	for at, h := range hostapi.Hooks() {
		for variant := range uint8(4) {
			for _, output := range append(table[h].seeds, table[h].good, crash, `{"outcome":"deny"}`, `[]`,
				`{"outcome":"deny","errors":[{"field":"password","code":"no_way","message":"Nein \u2013 so\u00a0nicht."},{"field":"locale","code":"a","message":"b"}]}`,
				`{"outcome":"continue","data":{"tenant_id":"x","email":"e@evil.example","email_verified":true,"role":"owner","token":"t"}}`) {
				f.Add(uint8(at), variant*85, []byte(output))
			}
		}
	}
	f.Fuzz(func(t *testing.T, at, variant uint8, output []byte) {
		if string(output) == crash {
			return // stands for a guest that wrote nothing
		}
		h := hostapi.Hooks()[int(at)%len(hostapi.Hooks())]
		j := judgement{T: t, question: table[h], scene: sceneOf(variant), answer: string(output)}
		switch alone := j.ask(hook.Closed, j.answer); {
		case alone.err == nil:
			j.taken(alone)
		case core.ReasonOf(alone.err) == "hook_denied":
			j.denied(h, alone)
		default:
			j.refused(alone)
		}
	})
}

// judgement is that of one answer.
type judgement struct {
	*testing.T
	question
	scene  scene
	answer string
}

// heard is what comes of a question: what the caller may use, and what each plugin was shown.
type heard struct {
	said  any
	err   error
	shown []string
}

func (j judgement) ask(onFailure hook.OnFailure, outputs ...string) heard {
	var got heard
	asked := leaving{chain{outputs: outputs, onFailure: onFailure, shown: &got.shown}, j.scene.left}
	got.said, got.err = j.put(j.Context(), hooks(j.T, asked), j.scene)
	return got
}

// leaving are plugins of which each lets the link leave so many times.
type leaving struct {
	chain
	left int
}

func (l leaving) Ask(_ context.Context, q hook.Question) (hook.Reply, error) {
	if q.Substituted != nil {
		*q.Substituted = l.left
	}
	return l.ask(q)
}

// refused: an answer that breaks the contract is as a crash, and leaves nothing behind.
func (j judgement) refused(alone heard) {
	j.Helper()
	for name, with := range map[string]func(answer string) heard{
		"closed":       func(a string) heard { return j.ask(hook.Closed, a) },
		"passed over":  func(a string) heard { return j.ask(hook.Open, a) },
		"before good":  func(a string) heard { return j.ask(hook.Open, a, j.good) },
		"between good": func(a string) heard { return j.ask(hook.Open, j.good, a, j.good) },
		"after good":   func(a string) heard { return j.ask(hook.Closed, j.good, a) },
	} {
		if got, want := with(j.answer), with(crash); !same(got, want) {
			j.Errorf("%s: %q is refused (%v) and leaves %+v; a crash leaves %+v", name, j.answer, alone.err, got, want)
		}
	}
}

// taken: what is taken is what was said, no more than the hook may change, and within bounds.
func (j judgement) taken(alone heard) {
	j.Helper()
	data := j.read("outcome", "data", "errors")["data"]
	var fields map[string]jsontext.Value
	if err := json.Unmarshal(orNull(data), &fields); err != nil {
		j.Fatalf("%q is taken, and its data are no object: %v", j.answer, err)
	}
	for name := range fields {
		if !slices.Contains(j.fields, name) {
			j.Errorf("%q is taken, with the field %q", j.answer, name)
		}
	}
	j.check(j, alone.said, fields)
	if after := j.ask(hook.Closed, j.answer, crash); j.many && (after.err == nil || !isNothing(after.said)) {
		j.Errorf("%q holds after a crash that fails the step: %+v", j.answer, after)
	}
	again := j.ask(hook.Closed, j.answer, j.answer, j.good)
	if twice := j.ask(hook.Closed, j.answer, j.answer); j.many && !j.apart && !same(heard{said: twice.said}, heard{said: alone.said}) {
		j.Errorf("%q said twice makes %+v, once %+v", j.answer, twice.said, alone.said)
	}
	for _, shown := range again.shown[1:] {
		j.sameButForPatch(again.shown[0], shown)
	}
}

// sameButForPatch wants a plugin to be shown the same as the one before, but for what a patch may change.
func (j judgement) sameButForPatch(first, then string) {
	j.Helper()
	var a, b map[string]jsontext.Value
	if err := errors.Join(json.Unmarshal([]byte(first), &a), json.Unmarshal([]byte(then), &b)); err != nil || len(a) != len(b) {
		j.Fatalf("%q makes the question %s of %s: %v", j.answer, then, first, err)
	}
	for name, value := range a {
		if !slices.Contains(j.fields, name) && string(b[name]) != string(value) {
			j.Errorf("%q changes %s from %s to %s for those asked after", j.answer, name, value, b[name])
		}
	}
}

// denied: only where a plugin may, with its own words alone, which may be shown.
func (j judgement) denied(h hostapi.Hook, alone heard) {
	j.Helper()
	if !j.denies || !isNothing(alone.said) {
		j.Errorf("%q denies %s, with %+v", j.answer, h, alone.said)
	}
	var said []hostapi.FieldError
	if err := json.Unmarshal(orNull(j.read("outcome", "data", "errors")["errors"]), &said); err != nil {
		j.Fatalf("%q denies, and its errors are none: %v", j.answer, err)
	}
	e, is := errors.AsType[*core.Error](alone.err)
	untold := is && e.Code == core.Unauthenticated // a provider is not told why
	if !is || len(said) > 0 && !untold && len(e.Fields) != len(said) || len(e.Fields) > 20 {
		j.Fatalf("%q denies with %v", j.answer, alone.err)
	}
	for i, field := range e.Fields {
		if len(said) > 0 && (field.Message != said[i].Message || field.Code != said[i].Code) {
			j.Errorf("%q becomes %+v", j.answer, field)
		}
		for _, text := range []string{field.Field, field.Code, field.Message} {
			if text == "" || len([]rune(text)) > 500 || !shows(text) {
				j.Errorf("%q shows %q", j.answer, text)
			}
		}
	}
	for name, other := range map[string]heard{
		"after a good answer": j.ask(hook.Closed, j.good, j.answer), "before a crash": j.ask(hook.Closed, j.answer, crash),
		"after a crash that is passed over": j.ask(hook.Open, crash, j.answer),
	} {
		if first := name == "after a good answer" && !j.many; !first && !same(heard{err: other.err, said: other.said}, heard{err: alone.err, said: alone.said}) {
			j.Errorf("%s %q denies with %v, %+v, alone with %v", name, j.answer, other.err, other.said, alone.err)
		}
	}
}

// read reads the answer by itself, which may have these members only.
func (j judgement) read(members ...string) map[string]jsontext.Value {
	j.Helper()
	var top map[string]jsontext.Value
	if err := json.Unmarshal([]byte(j.answer), &top); err != nil {
		j.Fatalf("%q passes: %v", j.answer, err)
	}
	known := 0
	for _, name := range members {
		if _, ok := top[name]; ok {
			known++
		}
	}
	if known != len(top) {
		j.Fatalf("%q passes with unknown members", j.answer)
	}
	return top
}

func orNull(v jsontext.Value) []byte {
	if len(v) == 0 {
		return []byte("null")
	}
	return v
}

// same compares all but the true reason of a failure, which is for the log.
func same(a, b heard) bool {
	return reflect.DeepEqual(a.said, b.said) && reflect.DeepEqual(a.shown, b.shown) && reflect.DeepEqual(public(a.err), public(b.err))
}

// public is what others than the operator learn of an error.
func public(err error) any {
	e, is := errors.AsType[*core.Error](err)
	if !is {
		return err != nil
	}
	return []any{e.Code, e.Say, e.Fields, e.Reason, e.RetryAfter}
}

// isNothing tells whether a caller was given nothing to use.
func isNothing(said any) bool { return said == nil || reflect.ValueOf(said).IsZero() }

// shows tells whether all of a text is seen, in its own direction.
func shows(s string) bool {
	for _, r := range s {
		if unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r) || unicode.Is(unicode.Bidi_Control, r) {
			return false
		}
	}
	return true
}
