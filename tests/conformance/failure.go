package conformance

import (
	"strings"
	"testing"
	"time"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/plugins"
)

// failures looks whether a guest fails as it is to, and whether the call after it is none the worse.
func failures(t *testing.T, s *stage) {
	t.Run("fail", func(t *testing.T) {
		for _, h := range hostapi.Hooks() {
			s.fails(t, do(h, "fail"), `no "way" ü`, plugins.Failed)
		}
	})
	t.Run("panic", func(t *testing.T) {
		s.fails(t, do(hostapi.HookEventDeliver, "panic"), "conformance panic", plugins.Trap, plugins.Failed)
	})
	t.Run("spin", func(t *testing.T) {
		q := do(hostapi.HookPasswordCheck, "spin")
		q.within = 200 * time.Millisecond
		s.fails(t, q, "", plugins.Deadline)
	})
	t.Run("big", func(t *testing.T) {
		for _, h := range []hostapi.Hook{hostapi.HookSessionClaims, hostapi.HookMessageRender, hostapi.HookSignupValidate} {
			s.fails(t, do(h, "big"), "", plugins.TooLarge)
		}
	})
	t.Run("grow", func(t *testing.T) {
		usual := s.answered(t, do(hostapi.HookMessageRender, "echo")).Memory
		grown := s.answered(t, do(hostapi.HookMessageRender, "grow"))
		if grown.Memory < usual+4<<20 {
			t.Errorf("it grew to %d bytes from %d", grown.Memory, usual)
		}
		gives(t, hostapi.HookMessageRender, grown, `{"subject":"s","html":"<p></p>","text":""}`)
		if again := s.answered(t, do(hostapi.HookMessageRender, "echo")).Memory; again != usual {
			t.Errorf("the call after it has %d bytes, and had %d", again, usual)
		}
	})
	t.Run("remember", func(t *testing.T) {
		for range 3 {
			s.expect(t, do(hostapi.HookMessageStatus, "remember"), "1")
		}
	})
}

// fails asks, looks how it failed, and asks for something else.
func (s *stage) fails(t *testing.T, q question, says string, kinds ...plugins.Kind) {
	t.Helper()
	r := s.ask(t, q)
	if r.failure == nil {
		t.Errorf("%s, %s: it answered %s", q.hook, q.config, r.form)
		return
	}
	ok := false
	for _, k := range kinds {
		ok = ok || r.failure.Kind == k
	}
	if !ok || !strings.Contains(r.failure.Detail, says) {
		t.Errorf("%s, %s: it failed as %v, and is to as one of %q with %q", q.hook, q.config, r.failure, kinds, says)
	}
	s.expect(t, do(q.hook, "remember"), "1")
}
