package report

import (
	"fmt"
	"slices"
)

// Target is a figure that is to be reached.
type Target struct {
	What    string  `json:"what"`
	Got     float64 `json:"got"`
	Want    float64 `json:"want"`
	Unit    string  `json:"unit"`
	AtLeast bool    `json:"at_least"` // else: below
	Reached bool    `json:"reached"`
}

// targetClients is the load at which speed is judged.
const targetClients = 8

func (r *Report) target(what string, got, want float64, unit string, atLeast bool) {
	reached := got < want
	if atLeast {
		reached = got >= want
	}
	r.Targets = append(r.Targets, Target{what, got, want, unit, atLeast, reached})
}

// Judge fills in the targets that the report has figures for.
func (r *Report) Judge() {
	r.Targets = nil
	for _, m := range r.Modes {
		r.judge(m)
	}
}

func (r *Report) judge(m Mode) {
	mode := "password off"
	if m.Passwords {
		mode = "password required"
	} else {
		r.judgeSpeed(m)
	}
	if m.IdleRSS > 0 {
		r.target("idle RSS, two plugins, "+mode, float64(m.IdleRSS)/(1<<20), 80, "MiB", false)
	}
	for _, w := range m.Wire {
		trips := map[string]float64{"signup": 3, "invite": 2, "verify": 2, "activate": 2}
		if most, ok := trips[w.Step]; ok {
			r.target(fmt.Sprintf("round trips of %s, %s (at most %g)", w.Step, mode, most), w.Request.RoundTrips, most+0.5, "", false)
			r.target(fmt.Sprintf("commits of %s, %s (one)", w.Step, mode), w.Request.Commits, 1.5, "", false)
		}
	}
	r.judgeTruth(m, mode)
}

func (r *Report) judgeSpeed(m Mode) {
	at := slices.IndexFunc(m.Loads, func(l Load) bool { return l.Clients == targetClients })
	if at < 0 {
		return
	}
	l := m.Loads[at]
	for _, s := range l.Steps {
		if s.Step == "signup" || s.Step == "verify" || s.Step == "invite" || s.Step == "activate" {
			r.target(fmt.Sprintf("rate of %s against the floor, %d clients", s.Step, l.Clients), 100*s.Ratio, 50, "%", true)
			r.target(fmt.Sprintf("p95 of %s, %d clients", s.Step, l.Clients), s.Host.P95, 15, "ms", false)
		}
	}
	r.target(fmt.Sprintf("whole pipeline against the floor, %d clients", l.Clients), 100*l.Whole.Ratio, 40, "%", true)
	for _, mail := range l.Mails {
		r.target(fmt.Sprintf("p95 from commit to DATA after %s, %d clients", mail.Step, l.Clients), mail.Took.P95, 50, "ms", false)
	}
}

// judgeTruth counts what must not happen at all.
func (r *Report) judgeTruth(m Mode, mode string) {
	errors, lost := 0, 0
	for _, l := range m.Loads {
		for _, s := range l.Steps {
			errors += s.Host.Errors + s.Floor.Errors
		}
		for _, mail := range l.Mails {
			lost += mail.Lost
		}
	}
	if m.Storm != nil {
		errors += m.Storm.Hashing.Errors
		for _, o := range m.Storm.Others {
			errors += o.Calm.Errors + o.Storm.Errors
		}
	}
	broken := 0.0
	for _, f := range m.Invariants {
		broken += float64(f.Broken)
	}
	r.target("requests failed, "+mode, float64(errors), 0.5, "", false)
	r.target("mails lost or doubled, "+mode, float64(lost+m.Doubled), 0.5, "", false)
	r.target("rows that break an invariant, "+mode, broken, 0.5, "", false)
}

// Missed is how many targets are not reached.
func (r *Report) Missed() int {
	n := 0
	for _, t := range r.Targets {
		if !t.Reached {
			n++
		}
	}
	return n
}
