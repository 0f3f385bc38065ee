package conformance

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/usher-id/usher/hostapi"
)

const (
	callsOut = hostapi.HookTenantProvision
	noCalls  = hostapi.HookSignupValidate

	ungranted = `refused {"status":2,"reason":"not_granted","temporary":false}`
)

// capabilities looks at each capability, granted and not.
func capabilities(t *testing.T, s *stage) {
	t.Run("fetch", func(t *testing.T) { fetch(t, s) })
	t.Run("kv", func(t *testing.T) {
		clear(s.kv)
		s.says(t, do(callsOut, "kv"), `ok null`, `ok "1"`, `ok null`, `ok null`)
		if !maps.Equal(s.kv, entries{"ttl of a": "1m0s"}) {
			t.Errorf("kept is %v", s.kv)
		}
		s.says(t, refused(callsOut, "kv"), ungranted, ungranted, ungranted, ungranted)
		s.says(t, do(callsOut, "torn"), `ok null`, `ok "\ufffdz"`)
	})
	t.Run("secret", func(t *testing.T) {
		mac := hmac.New(sha256.New, []byte(secretValue))
		mac.Write([]byte("m"))
		s.says(t, do(noCalls, "secret"), `ok "`+hex.EncodeToString(mac.Sum(nil))+`"`, `ok true`, `ok false`)
		got := s.answered(t, refused(noCalls, "secret")).logged()
		if len(got) == 0 || len(compare(ungranted, got[0])) > 0 {
			t.Errorf("it logged %q", got)
		}
	})
	t.Run("telemetry", func(t *testing.T) {
		begun := len(s.spans.Ended())
		s.says(t, do(noCalls, "telemetry"), `ok null`, `refused {"status":1,"reason":"undeclared","temporary":false}`, `ok null`, `ok null`)
		if want := []map[string]string{{"kind": "a", "plugin": "conformance"}}; !reflect.DeepEqual(s.meter.seen, want) {
			t.Errorf("counted was %v", s.meter.seen)
		}
		ended := s.spans.Ended()[begun:]
		if len(ended) != 1 || ended[0].Name() != "plugin.conformance.s" || len(ended[0].Attributes()) != 1 || ended[0].Attributes()[0].Value.AsString() != "v" {
			t.Errorf("the spans are %v", ended)
		}
	})
}

func refused(h hostapi.Hook, what string) question {
	q := do(h, what)
	q.refused = true
	return q
}

func fetch(t *testing.T, s *stage) {
	t.Helper()
	want := hostapi.HTTPRequest{
		Method: "POST", URL: origin + "/x", Headers: map[string]string{"x-a": "1"}, Body: Text, Auth: &hostapi.HTTPAuth{Secret: secretName, Prefix: "Bearer "},
	}
	response := hostapi.HTTPResponse{Status: 418, Headers: map[string]string{"x-b": Text}, Body: Text + "\x7f\u2028"}
	q := do(callsOut, "fetch")
	q.network = func(r hostapi.HTTPRequest) (hostapi.HTTPResponse, error) {
		if !reflect.DeepEqual(r, want) {
			t.Errorf("it sent %+v, want %+v", r, want)
		}
		return response, nil
	}
	s.says(t, q, "ok "+text(t, response))
	q.network = func(hostapi.HTTPRequest) (hostapi.HTTPResponse, error) {
		return hostapi.HTTPResponse{}, errors.New("it broke")
	}
	s.says(t, q, `refused {"status":3,"reason":"broken_exchange","temporary":true}`)
	s.says(t, refused(callsOut, "fetch"), ungranted)
	s.says(t, do(noCalls, "fetch"), `refused {"status":2,"reason":"no_calls_from_hook","temporary":false}`)
}

// says asks and compares the lines of capabilities.
func (s *stage) says(t *testing.T, q question, want ...string) {
	t.Helper()
	got := s.answered(t, q).logged()
	if !slices.EqualFunc(want, got, func(w, g string) bool { return len(compare(w, g)) == 0 }) {
		t.Errorf("%s, %s: it logged %q, want %q", q.hook, q.config, got, want)
	}
}

// compare compares one such line: a word and JSON.
func compare(want, got string) []string {
	for _, word := range []string{"ok", "refused"} {
		w, wanted := after([]string{want}, word)
		if g, given := after([]string{got}, word); wanted != given {
			return []string{"want " + want + ", got " + got}
		} else if wanted {
			return differ(w, g)
		}
	}
	return []string{"want " + want}
}
