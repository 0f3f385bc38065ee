package conformance

import (
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/plugins/manifest"
)

// answers looks whether each hook's answer comes back whole.
func answers(t *testing.T, s *stage) {
	for _, f := range forms() {
		t.Run(string(f.hook), func(t *testing.T) {
			gives(t, f.hook, s.answered(t, do(f.hook, "full")), full(t, f.answer))
			if f.verdict {
				denied(t, f, s.answered(t, do(f.hook, "deny")))
			}
		})
	}
	t.Run("as long as may be", func(t *testing.T) {
		link := strings.Repeat(Text+"x", 64<<10/len(Text+"x"))
		r := s.answered(t, question{hook: hostapi.HookMessageRender, data: `{"link":` + quote(link) + `}`})
		gives(t, hostapi.HookMessageRender, r, `{"subject":"s","html":`+quote("<p>"+link+"</p>")+`,"text":`+quote(link)+`}`)
	})
}

func denied(t *testing.T, f form, r reply) {
	t.Helper()
	var o struct {
		Outcome hostapi.Outcome      `json:"outcome"`
		Errors  []hostapi.FieldError `json:"errors"`
	}
	if err := json.Unmarshal(r.form, &o); err != nil {
		t.Fatal(err)
	}
	want, fields := 2, manifest.Fields(f.hook)
	switch f.hook {
	case hostapi.HookMessageStatus:
		want = len(o.Errors)
	case hostapi.HookPasswordCheck:
		fields = []string{"password"}
	}
	if o.Outcome != hostapi.Deny || len(o.Errors) != want {
		t.Errorf("it answered %s", r.form)
	}
	for _, e := range o.Errors {
		if !slices.Contains(fields, e.Field) || e.Code == "" || e.Message != Text {
			t.Errorf("an error is %+v", e)
		}
	}
}
