package sdktest

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/sdk/internal/abi"
	"github.com/usher-id/usher/sdk/renderer"
	"github.com/usher-id/usher/sdk/validator"
)

// Setting is what surrounds a call; the zero value is an anonymous call with no config.
type Setting struct {
	Config string    // a JSON object
	Tenant string    // id
	Now    time.Time // what the guest's clock shows
}

// Result is what a plugin did in one call.
type Result[D any] struct {
	Output  hostapi.Output[D]
	Lines   []string // what it logged
	Failure string   // what it failed with; Output is empty then
}

// Validate asks a plugin about a signup.
func Validate(t testing.TB, p *validator.Plugin, s Setting, signup validator.Signup) Result[hostapi.SignupPatch] {
	t.Helper()
	return call[hostapi.SignupPatch](t, s, hostapi.HookSignupValidate, signup, p.ServeOn)
}

// Render asks a plugin for a mail.
func Render(t testing.TB, p *renderer.Plugin, s Setting, message renderer.Message) Result[hostapi.RenderedMessage] {
	t.Helper()
	return call[hostapi.RenderedMessage](t, s, hostapi.HookMessageRender, message, p.ServeOn)
}

func call[O, D any](t testing.TB, s Setting, hook hostapi.Hook, data D, serve func(abi.Host) int32) Result[O] {
	t.Helper()
	if s.Config == "" {
		s.Config = "{}"
	}
	input, err := json.Marshal(hostapi.Envelope[D]{
		ABI: hostapi.ABI, Hook: hook, CallID: "test", RunID: "test", Tenant: s.Tenant,
		Actor: hostapi.Actor{Kind: hostapi.ActorAnonymous}, Config: hostapi.RawJSON(s.Config), Data: data,
	})
	if err != nil {
		t.Fatalf("encode the envelope: %v", err)
	}
	limit := time.Duration(hostapi.DefaultLimits().WallMS) * time.Millisecond
	memory := &abi.Memory{Input: input, Now: s.Now.UnixMilli(), Deadline: s.Now.Add(limit).UnixMilli()}
	result := Result[O]{}
	returned := serve(memory)
	result.Lines, result.Failure = memory.Lines, memory.Failure
	if returned != hostapi.ReturnOK {
		return result
	}
	if err := json.Unmarshal(memory.Output, &result.Output); err != nil {
		t.Fatalf("the plugin wrote %q: %v", memory.Output, err)
	}
	return result
}
