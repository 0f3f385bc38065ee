package sdk

import (
	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/sdk/internal/abi"
	"github.com/usher-id/usher/sdk/internal/codec"
	"github.com/usher-id/usher/sdk/internal/wire"
)

// Plugin serves one hook: it is asked a Q and answers an A. The package of the hook
// makes it. It belongs to one goroutine and reuses its buffer.
type Plugin[Q, A any] struct {
	serving Serving[Q, A]
	out     []byte
}

// Serving is what the packages of the SDK make a [Plugin] of; a plugin has no use
// for it.
type Serving[Q, A any] struct {
	Hook   hostapi.Hook
	Read   func(*codec.Reader, *Q)
	Append func([]byte, *A) []byte
	Answer func(*Call, Q) (hostapi.Output[A], error)
}

// Hook is the hook that the plugin serves.
func (p *Plugin[Q, A]) Hook() hostapi.Hook { return p.serving.Hook }

// Serve makes a plugin.
func Serve[Q, A any](s Serving[Q, A]) *Plugin[Q, A] { return &Plugin[Q, A]{serving: s} }

// Serve answers one call; the guest returns what it gives.
func (p *Plugin[Q, A]) Serve() int32 { return p.ServeOn(abi.Lent()) }

// ServeOn answers one call of another host; package sdktest uses it.
func (p *Plugin[Q, A]) ServeOn(h abi.Host) int32 {
	var question Q
	call, ok := open(h, abi.ReadInput(h), func(r *codec.Reader) { p.serving.Read(r, &question) })
	if !ok {
		h.Fail("the envelope is not readable")
		return hostapi.ReturnFailed
	}
	if call.Hook != p.serving.Hook {
		h.Fail("the plugin of " + string(p.serving.Hook) + " was asked " + string(call.Hook) + "; see its exports")
		return hostapi.ReturnFailed
	}
	output, err := p.answer(h, call, question)
	if err != nil {
		h.Fail(err.Error())
		return hostapi.ReturnFailed
	}
	p.out = p.appendOutput(p.out[:0], &output)
	if !h.OutputWrite(p.out) {
		h.Fail("the answer is too large")
		return hostapi.ReturnFailed
	}
	return hostapi.ReturnOK
}

func (p *Plugin[Q, A]) answer(h abi.Host, c *Call, question Q) (hostapi.Output[A], error) {
	defer tellOfPanic(h)
	return p.serving.Answer(c, question)
}

func (p *Plugin[Q, A]) appendOutput(b []byte, o *hostapi.Output[A]) []byte {
	b = codec.AppendString(append(b, `{"outcome":`...), string(o.Outcome))
	b = p.serving.Append(append(b, `,"data":`...), &o.Data)
	if len(o.Errors) > 0 {
		b = append(b, `,"errors":`...)
		list := len(b)
		for i := range o.Errors {
			b = wire.AppendFieldError(append(b, ','), &o.Errors[i])
		}
		b = codec.EndArray(b, list)
	}
	return append(b, '}')
}

// Answering makes a handler of a hook that is never denied give whole outputs.
func Answering[Q, A any](handle func(*Call, Q) (A, error)) func(*Call, Q) (hostapi.Output[A], error) {
	return func(c *Call, question Q) (hostapi.Output[A], error) {
		answer, err := handle(c, question)
		return hostapi.Output[A]{Outcome: hostapi.Continue, Data: answer}, err
	}
}

// open reads an envelope. It gives false when it is not readable.
func open(h abi.Host, input string, data func(*codec.Reader)) (*Call, bool) {
	c := &Call{host: h}
	r := codec.NewReader(input)
	for more := r.Object(); more; more = r.Member() {
		switch r.Name() {
		case "hook":
			c.Hook = hostapi.Hook(r.String())
		case "call_id":
			c.ID = r.String()
		case "run_id":
			c.RunID = r.String()
		case "tenant":
			c.Tenant = r.String()
		case "actor":
			wire.ReadActor(r, &c.Actor)
		case "traceparent":
			c.Traceparent = r.String()
		case "config":
			c.config = r.Raw()
		case "data":
			data(r)
		default:
			r.Skip()
		}
	}
	return c, r.OK()
}
