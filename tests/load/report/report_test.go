package report_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/usher-id/usher/tests/load/report"
)

func TestFigures(t *testing.T) {
	t.Parallel()
	var s report.Sample
	durations := make([]time.Duration, 100)
	for i := range durations {
		durations[i] = time.Duration(100-i) * time.Millisecond
	}
	s.Add(durations[:50], time.Second, nil)
	s.Add(durations[50:], time.Second, map[string]int{"503 unavailable": 2})
	f := s.Figures()
	if f.Count != 100 || f.Errors != 2 || f.Rate != 50 || len(f.Rounds) != 2 {
		t.Errorf("figures %+v", f)
	}
	if f.P50 != 51 || f.P95 != 96 || f.P99 != 100 || f.Worst != 100 {
		t.Errorf("quantiles %g %g %g %g", f.P50, f.P95, f.P99, f.Worst)
	}
	if q := (&report.Sample{Queued: true, Reasons: map[string]int{"503 unavailable": 2, "500 internal": 1}}).Figures(); q.Refused != 2 || q.Errors != 1 {
		t.Errorf("of a queue %+v", q)
	}
	if none := new(report.Sample).Figures(); none.P95 != 0 || none.Rate != 0 {
		t.Errorf("figures of nothing %+v", none)
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	fast := report.Step{Step: "signup", Host: report.Figures{P95: 10}, Ratio: 0.6}
	slow := report.Step{Step: "invite", Host: report.Figures{P95: 20, Errors: 1}, Ratio: 0.4}
	r := report.Report{Modes: []report.Mode{{
		IdleRSS: 70 << 20,
		Loads: []report.Load{
			{Clients: 1, Steps: []report.Step{{Step: "signup"}}},
			{Clients: 8, Steps: []report.Step{fast, slow}, Whole: report.Whole{Ratio: 0.4}},
		},
	}}}
	r.Judge()
	got := map[string]bool{}
	for _, target := range r.Targets {
		got[target.What] = target.Reached
	}
	for what, want := range map[string]bool{
		"rate of signup against the floor, 8 clients": true,
		"p95 of signup, 8 clients":                    true,
		"rate of invite against the floor, 8 clients": false,
		"p95 of invite, 8 clients":                    false,
		"whole pipeline against the floor, 8 clients": true,
		"idle RSS, two plugins, password off":         true,
		"requests failed, password off":               false,
		"mails lost or doubled, password off":         true,
		"rows that break an invariant, password off":  true,
	} {
		if reached, ok := got[what]; !ok || reached != want {
			t.Errorf("%s: reached %t (there: %t), want %t", what, reached, ok, want)
		}
	}
	if r.Missed() != 3 {
		t.Errorf("%d missed, want 3", r.Missed())
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("full") }

func TestMarkdown(t *testing.T) {
	t.Parallel()
	r := report.Report{Modes: []report.Mode{{Loads: []report.Load{{
		Clients: 1, Steps: []report.Step{{Step: "page", Host: report.Figures{Count: 1, Reasons: map[string]int{"410 invalid_token": 3}}}},
	}}}}}
	var text strings.Builder
	r.Markdown(&text)
	for _, want := range []string{"### 1 client:", "| page |", "3 × 410 invalid_token", "## Targets"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in:\n%s", want, text.String())
		}
	}
	r.Markdown(full{}) // must not panic
}
