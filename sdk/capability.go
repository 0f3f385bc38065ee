package sdk

import (
	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/sdk/internal/abi"
	"github.com/usher-id/usher/sdk/internal/codec"
	"github.com/usher-id/usher/sdk/internal/wire"
)

// Refused is the error of a capability that did not do what was asked.
type Refused struct {
	Capability string // such as usher:http/v1.fetch
	Status     hostapi.Status
	Reason     string // stable, snake_case
	Detail     string
}

// Error says it in one line.
func (r *Refused) Error() string {
	text := r.Capability + ": " + r.Reason
	if r.Detail != "" {
		text += ": " + r.Detail
	}
	return text
}

// Temporary tells whether the same may work later: it was tried and failed, or a
// limit was in the way.
func (r *Refused) Temporary() bool {
	return r.Status == hostapi.StatusFailed || r.Status == hostapi.StatusOver
}

// Use asks a capability and gives the JSON that it answers with. The packages of the
// capabilities use it; its error is a [*Refused].
func Use(c *Call, i abi.Import, request []byte) (*codec.Reader, error) {
	result, answer := c.host.Use(i, request)
	if result.Status() == hostapi.StatusOK {
		return codec.NewReader(answer), nil
	}
	refused := &Refused{Capability: i.Module + "." + i.Name, Status: result.Status()}
	var why hostapi.Refusal
	wire.ReadRefusal(codec.NewReader(answer), &why)
	refused.Reason, refused.Detail = why.Reason, why.Detail
	if refused.Reason == "" {
		refused.Reason = "refused"
	}
	return nil, refused
}

// Unreadable is the error for an answer of a capability that breaks the contract.
func Unreadable(i abi.Import) error {
	return &Refused{Capability: i.Module + "." + i.Name, Status: hostapi.StatusFailed, Reason: "unreadable_answer"}
}
