package plugins

import (
	"context"
	"time"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/hostapi/host"
)

// Call asks the plugins of a hook.
type Call struct {
	Hook      hostapi.Hook
	Release   int64  // that its run began under; 0, or one that is not known, stands for the current one
	RunID     string // the signup or activation that the call belongs to
	TenantID  string // empty before there is a tenant
	ActorKind string // one of the hostapi.Actor constants; anonymous when empty
	ActorID   string
	// Data is the question as a JSON object: the shape that hostapi has for the hook.
	Data []byte
	// Plugin is the only one to ask; all that are bound to the hook when empty.
	Plugin string
	// Substituted, if not nil, is told before Judge, and after a failure too, how many
	// fetches left with a substitution in their body.
	Substituted *int
	// Judge looks at each answer in order, and is told which plugin gave it. Its error
	// says how the answer breaks the contract; such an answer must leave nothing behind.
	// Nil takes every answer that is JSON.
	Judge func(plugin string, output []byte) (hostapi.Outcome, error)
	// Next gives the data for the plugins that follow, when Judge took an answer that
	// lets the chain go on, or nil to leave it as it is. Nil shows everybody Data.
	Next func() ([]byte, error)
	// First ends the call with the first answer instead of asking every plugin.
	First bool
	// Substitutions are texts that the guest must not see, with what it is given in
	// their place; the host puts them into the body of what the guest fetches.
	Substitutions []host.Substitution
	// Exchange stands in for the network in what the guest fetches; nil for the network.
	Exchange func(context.Context, hostapi.HTTPRequest) (hostapi.HTTPResponse, error)
}

// Answer is what the last plugin that answered said.
type Answer struct {
	Bound     bool   // false when nobody answered; the rest, but for Off, is empty then
	Off       bool   // nobody answered, and safe mode has switched off who might have
	Output    []byte // JSON, the caller's own
	Outcome   hostapi.Outcome
	Plugin    string
	Version   string
	Digest    string
	Role      Role   // RoleServing, or RoleCandidate
	OnFailure string // the word of its binding
	Duration  time.Duration
	Fuel      int64 // units that the guest spent: about one for each turn of a small loop and each function entered
	Memory    int64 // bytes of the guest's linear memory at the end

	callsOut int
	egress   int64
}

// Bound tells whether a call of the hook would ask anybody in that tenant; an empty one
// stands for any. It costs next to nothing.
func (e *Engine) Bound(h hostapi.Hook, tenant string) bool {
	s := e.acquire()
	if s == nil {
		return false
	}
	defer s.release()
	for _, b := range s.hooks[h] {
		if b.serves(tenant) || tenant == "" && !b.Off {
			return true // one that safe mode switched off too: the hook says what that means
		}
	}
	return false
}

// Call asks the plugins bound to a hook, in their order, until one denies: each by the
// version that the call's release has, or the candidate where the call is one of its. A
// failure ends the chain, or is logged and passed over where its binding says that
// the chain goes on. The error is a [Failure], and the answer then says whose.
func (e *Engine) Call(ctx context.Context, c Call) (Answer, error) {
	s := e.acquire()
	if s == nil {
		return Answer{}, &Failure{Kind: NotLoaded, Hook: c.Hook, Detail: "the engine is closed"}
	}
	defer s.release()
	answer, safe, off := Answer{}, e.safe.Load(), false
	for _, b := range s.hooks[c.Hook] {
		if !b.serves(c.TenantID) || c.Plugin != "" && c.Plugin != b.Plugin {
			continue
		}
		if safe.covers(b) {
			off = true
			continue
		}
		got, err := e.consult(ctx, b, c)
		if err != nil {
			if e.passesOver(ctx, b, got, err) {
				continue
			}
			return got, err
		}
		answer = got
		if c.First || answer.Outcome == hostapi.Deny {
			break
		}
		if c.Data, err = c.next(); err != nil {
			return answer, err
		}
	}
	answer.Off = off && !answer.Bound
	return answer, nil
}

// next is what the plugins that follow are shown.
func (c *Call) next() ([]byte, error) {
	if c.Next == nil {
		return c.Data, nil
	}
	data, err := c.Next()
	if err != nil || data == nil {
		return c.Data, err
	}
	return data, nil
}
