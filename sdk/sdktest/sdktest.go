package sdktest

import (
	"encoding/json"
	"maps"
	"testing"
	"time"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/hostapi/fixture"
	"github.com/usher-id/usher/sdk"
	"github.com/usher-id/usher/sdk/internal/abi"
)

// Setting is what surrounds a call; the zero value is an anonymous call with no config
// and no capabilities.
type Setting struct {
	Config string    // a JSON object
	Tenant string    // id
	Now    time.Time // what the guest's clock shows
	// HTTP are the exchanges that stand in for the network, in order. A request that is
	// not the expected one, or does not come, fails the test.
	HTTP []hostapi.FixtureExchange
	// KV are the entries that there are; Result has those that there are then.
	KV map[string]string
	// KVRefused is the reason for which the store refuses: hostapi.ReasonStore for all uses,
	// hostapi.ReasonQuota for what would be put.
	KVRefused string
	// Secrets are the values of secrets by name.
	Secrets map[string]string
}

// Result is what a plugin did in one call.
type Result[A any] struct {
	Output  hostapi.Output[A]
	Lines   []string // what it logged
	Failure string   // what it failed with; Output is empty then
	KV      map[string]string
	Metrics []hostapi.Metric
	Spans   []hostapi.Span
}

// Ask asks a plugin about something that its hook asks about.
func Ask[Q, A any](t testing.TB, p *sdk.Plugin[Q, A], s Setting, question Q) Result[A] {
	t.Helper()
	if s.Config == "" {
		s.Config = "{}"
	}
	input, err := json.Marshal(hostapi.Envelope[Q]{
		ABI: hostapi.ABI, Hook: p.Hook(), CallID: "test", RunID: "test", Tenant: s.Tenant,
		Actor: hostapi.Actor{Kind: hostapi.ActorAnonymous}, Config: hostapi.RawJSON(s.Config), Data: question,
	})
	if err != nil {
		t.Fatalf("encode the envelope: %v", err)
	}
	limit := time.Duration(hostapi.DefaultLimits().WallMS) * time.Millisecond
	lent := &lender{now: s.Now, network: fixture.NewExchanges(s.HTTP), kv: maps.Clone(s.KV), kvRefused: s.KVRefused, secrets: s.Secrets}
	memory := &abi.Memory{Input: input, Now: s.Now.UnixMilli(), Deadline: s.Now.Add(limit).UnixMilli(), Lend: lent.lend}
	returned := p.ServeOn(memory)
	for _, line := range lent.network.Wrong() {
		t.Error(line)
	}
	result := Result[A]{Lines: memory.Lines, Failure: memory.Failure, KV: lent.kv, Metrics: lent.metrics, Spans: lent.spans}
	if returned != hostapi.ReturnOK {
		return result
	}
	if err := json.Unmarshal(memory.Output, &result.Output); err != nil {
		t.Fatalf("the plugin wrote %q: %v", memory.Output, err)
	}
	return result
}
