package plugins

import (
	"bytes"
	"errors"
	"time"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/hostapi/fixture"
	"github.com/usher-id/usher/hostapi/host"
	"github.com/usher-id/usher/plugins/manifest"
)

// Comparison is what the version that serves and the shadow made of one question.
type Comparison struct {
	Hook    hostapi.Hook
	Plugin  string
	Release int64
	Run     string
	Tenant  string
	Serving Side
	Shadow  Side
	// Agree tells that both answered the same outcome, data and errors, or failed alike.
	Agree bool
	// Differences say where they do not agree, a line each. They hold words of answers.
	Differences []string
	// Missed is the function, such as usher:kv/v1.get, that the shadow asked for what the
	// version that serves had not asked for. It was refused, so that the two cannot be
	// compared; empty when they can.
	Missed string
}

// Side is what one version made of a question.
type Side struct {
	Version  string
	Digest   string
	Outcome  hostapi.Outcome
	Output   []byte // in the form of manifest.Answer where it is an answer to the hook
	Failure  Kind   // empty when it answered
	Detail   string // of the failure
	Duration time.Duration
	Fuel     int64
	Memory   int64 // bytes of the guest's linear memory at the end
}

// sideOf keeps a copy of an answer or of a failure.
func sideOf(a Answer, err error) Side {
	s := Side{Version: a.Version, Digest: a.Digest, Outcome: a.Outcome, Output: bytes.Clone(a.Output), Duration: a.Duration, Fuel: a.Fuel, Memory: a.Memory}
	if f, failed := errors.AsType[*Failure](err); failed {
		s.Failure, s.Detail, s.Output = f.Kind, f.Detail, nil
	}
	return s
}

// settle brings the output into one form; it gives false when it is no answer to the hook.
func (s *Side) settle(h hostapi.Hook) bool {
	outcome, output, err := manifest.Answer(h, s.Output)
	if err == nil {
		s.Outcome, s.Output = outcome, output
	}
	return err == nil
}

// asked tells whether the guest had the question: what came of it then is its own.
func (s *Side) asked() bool {
	switch s.Failure {
	case Canceled, Exhausted, Tripped, NotLoaded:
		return false
	default:
		return true
	}
}

// compare puts the shadow's side beside the other. A shadow is held to the contract as
// far as the other one kept it.
func (c *copied) compare(shadow Side, play *host.Playback) Comparison {
	r := Comparison{
		Hook: c.call.Hook, Plugin: c.arm.version.name, Release: c.arm.release, Run: c.call.RunID, Tenant: c.call.TenantID,
		Serving: c.serving, Shadow: shadow, Missed: play.Missed(),
	}
	kept := r.Serving.Failure == "" && r.Serving.settle(r.Hook)
	if r.Shadow.Failure == "" && !r.Shadow.settle(r.Hook) && kept {
		r.Shadow.Failure, r.Shadow.Detail = InvalidOutput, "it is no answer to "+string(r.Hook)
	}
	switch {
	case r.Serving.Failure != r.Shadow.Failure:
		r.Differences = []string{"failure: want " + orText(string(r.Serving.Failure), "none") + ", got " + orText(string(r.Shadow.Failure), "none")}
	case r.Serving.Failure == "":
		r.Differences = fixture.Diff(r.Serving.Output, r.Shadow.Output)
	}
	r.Agree = len(r.Differences) == 0 && r.Missed == ""
	return r
}
