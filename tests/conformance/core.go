package conformance

import (
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/usher-id/usher/hostapi"
)

// core looks at what every guest is lent: its log, its clock, chance, and its settings.
func core(t *testing.T, s *stage) {
	const hook = hostapi.HookSessionClaims
	t.Run("log", func(t *testing.T) {
		var levels []slog.Level
		for _, l := range s.answered(t, do(hook, "log")).lines {
			if levels = append(levels, l.level); l.text != "line" {
				t.Errorf("it logged %q", l.text)
			}
		}
		if !slices.Equal(levels, []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError}) {
			t.Errorf("it logged at %v", levels)
		}
	})
	t.Run("clock", func(t *testing.T) { clock(t, s, hook) })
	t.Run("random", func(t *testing.T) {
		seen := map[string]bool{}
		for range 3 {
			got := s.answered(t, do(hook, "random")).logged()
			if len(got) != 2 || !digits.MatchString(got[0]) || seen[got[0]] || got[1] != "refused" {
				t.Errorf("it logged %q after %v", got, seen)
			}
			seen[got[0]] = true
		}
	})
	t.Run("config", func(t *testing.T) {
		for config, want := range map[string]string{
			``: `{"text":"none","texts":[],"map":{},"flag":false,"number":-1}`,
			`,"text":` + quote(Text) + `,"texts":["a",` + quote(Text) + `,""],"map":{"k":"v","":"w"},"flag":true,"number":42`: `{"text":` + quote(Text) +
				`,"texts":["a",` + quote(Text) + `,""],"map":{"k":"v","":"w"},"flag":true,"number":42}`,
			`,"other":{"text":"x"},"text":"","texts":[],"map":{},"flag":false,"number":-9007199254740991`: `{"text":"","texts":[],"map":{},"flag":false,"number":-9007199254740991}`,
		} {
			r := s.answered(t, question{hook: hook, config: `{"do":"config"` + config + `}`})
			if len(r.lines) != 1 || len(differ(want, plain(r.lines[0].text))) > 0 {
				t.Errorf("the config %s is %q", config, r.logged())
			}
		}
	})
}

// digits are 32 bytes.
var digits = regexp.MustCompile(`^[0-9a-f]{64}$`)

func clock(t *testing.T, s *stage, hook hostapi.Hook) {
	t.Helper()
	q := do(hook, "clock")
	q.now = time.UnixMilli(1_900_000_000_123)
	before := time.Now()
	got := s.answered(t, q).logged()
	var now, deadline int64
	if len(got) != 1 {
		t.Fatalf("it logged %q", got)
	}
	if _, err := fmt.Sscanf(got[0], "now %d deadline %d", &now, &deadline); err != nil || now != q.now.UnixMilli() {
		t.Errorf("it logged %q, and the time is %d", got, q.now.UnixMilli())
	}
	if end := time.UnixMilli(deadline); end.Before(before) || end.After(time.Now().Add(time.Minute)) {
		t.Errorf("the deadline is %v, and the call began at %v", end, before)
	}
}
