package host

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"

	"github.com/go-json-experiment/json"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"go.opentelemetry.io/otel/trace"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/hostapi/egress"
)

// Deps are the parts behind the capabilities. Log and Tracer are needed.
type Deps struct {
	Log    *slog.Logger
	Tracer trace.Tracer
	KV     KV    // nil: nothing can be kept
	Meter  Meter // nil: nothing can be counted
	// Resolver finds the addresses of granted hosts, and Roots are whom they must be
	// certified by; nil for the system's.
	Resolver *net.Resolver
	Roots    *x509.CertPool
}

// Grant is what one version of a plugin may do. The zero value is nothing.
type Grant struct {
	Plugin    string // the operator's name for it
	Origins   []egress.Origin
	KV        bool
	Secrets   map[string]Secret
	Telemetry *hostapi.TelemetryGrant
}

// Capabilities are the functions that are lent to one version of a plugin beyond the
// core. They know whose they are by themselves, and which tenant by the [Call]: no
// request can name another. They are safe for concurrent use.
type Capabilities struct {
	grant   Grant
	deps    Deps
	fetcher *fetcher
	metrics map[string]*instrument
	served  map[string]map[string]handler
}

// NewCapabilities checks that everything granted can be had. Close them when the
// version is closed.
func NewCapabilities(d Deps, g Grant) (*Capabilities, error) {
	if d.Log == nil || d.Tracer == nil {
		return nil, errors.New("host: Log and Tracer are needed")
	}
	c := &Capabilities{grant: g, deps: d}
	if g.KV && d.KV == nil {
		return nil, fmt.Errorf("this host has no store for %s", hostapi.ModuleKV)
	}
	var err error
	if c.metrics, err = makeInstruments(d.Meter, g.Plugin, g.Telemetry); err != nil {
		return nil, err
	}
	if len(g.Origins) > 0 {
		c.fetcher = newFetcher(d, g)
	}
	c.served = c.functions()
	return c, nil
}

// Lend puts the modules that were granted into a runtime, and no other.
func (c *Capabilities) Lend(ctx context.Context, r wazero.Runtime) error {
	signature := hostapi.CapabilitySignature()
	for module, functions := range c.served {
		b := r.NewHostModuleBuilder(module)
		for name, f := range functions {
			b.NewFunctionBuilder().WithGoModuleFunction(&lending{module, name, f}, valueTypes(signature.Params), valueTypes(signature.Results)).Export(name)
		}
		if _, err := b.Instantiate(ctx); err != nil {
			return fmt.Errorf("instantiate %s: %w", module, err)
		}
	}
	return nil
}

// Close lets go of connections. No call may be in flight.
func (c *Capabilities) Close() {
	if c.fetcher != nil {
		c.fetcher.close()
	}
}

func (c *Capabilities) functions() map[string]map[string]handler {
	granted := map[string]map[string]handler{}
	if c.fetcher != nil {
		granted[hostapi.ModuleHTTP] = map[string]handler{hostapi.FuncHTTPFetch: answering(c.fetcher.fetch)}
	}
	if c.grant.KV {
		granted[hostapi.ModuleKV] = map[string]handler{
			hostapi.FuncKVGet: answering(c.kvGet), hostapi.FuncKVPut: doing(c.kvPut), hostapi.FuncKVDelete: doing(c.kvDelete),
		}
	}
	if len(c.grant.Secrets) > 0 {
		granted[hostapi.ModuleSecret] = map[string]handler{hostapi.FuncSecretHMAC: answering(c.hmac)}
	}
	if c.grant.Telemetry != nil {
		granted[hostapi.ModuleTelemetry] = map[string]handler{
			hostapi.FuncTelemetryMetric:    doing(c.metric),
			hostapi.FuncTelemetrySpanStart: doing(c.spanStart), hostapi.FuncTelemetrySpanEnd: doing(c.spanEnd),
		}
	}
	return granted
}

// handler serves one function of a capability.
type handler func(ctx context.Context, call *Call, request []byte) ([]byte, *refusal)

// lending is a function of a capability as a guest imports it.
type lending struct {
	module, name string
	handler      handler
}

// Call implements [api.GoModuleFunction]: all of them have this shape on the border.
func (f *lending) Call(ctx context.Context, m api.Module, stack []uint64) {
	call := CallOf(ctx)
	request := guestBytes(m, stack[0], stack[1])
	answer, no := call.serve(ctx, f, request)
	status := hostapi.StatusOK
	if no != nil {
		status, answer = no.status, no.json()
	}
	call.Record.record(f, request, status, answer)
	CallOf(ctx) // it may have taken until the deadline
	call.Result = answer
	stack[0] = api.EncodeI64(int64(hostapi.NewResult(status, len(answer))))
}

// serve judges the size of what is asked and answered.
func (c *Call) serve(ctx context.Context, f *lending, request []byte) ([]byte, *refusal) {
	if !c.Live {
		return nil, failed(hostapi.ReasonRehearsal, "this call is a warm-up")
	}
	if len(request) > hostapi.MaxRequestBytes {
		return nil, over(hostapi.ReasonTooLarge, fmt.Sprintf("the request has more than %d bytes", hostapi.MaxRequestBytes))
	}
	answer, no := c.ask(ctx, f, request)
	if no == nil && len(answer) > c.ResultMax {
		return nil, tooLarge(c.ResultMax)
	}
	return answer, no
}

// ask asks the function, or what stands in for it. Its context ends with the call: the
// caller's may go on.
func (c *Call) ask(ctx context.Context, f *lending, request []byte) ([]byte, *refusal) {
	if c.Play != nil {
		return c.Play.serve(f, request)
	}
	h := f.handler
	if c.Instead != nil {
		if h = c.Instead.served[f.module][f.name]; h == nil {
			return nil, denied(hostapi.ReasonNotGranted, "nothing stands in for this function")
		}
	}
	if !c.Deadline.IsZero() {
		limited, cancel := context.WithDeadline(ctx, c.Deadline)
		defer cancel()
		ctx = limited
	}
	return h(ctx, c, request)
}

func tooLarge(most int) *refusal {
	return over(hostapi.ReasonTooLarge, fmt.Sprintf("the answer has more than %d bytes", most))
}

// answering makes a handler of a function that takes a Q and gives an A.
func answering[Q, A any](f func(context.Context, *Call, Q) (A, *refusal)) handler {
	return func(ctx context.Context, call *Call, request []byte) ([]byte, *refusal) {
		q, no := decode[Q](request)
		if no != nil {
			return nil, no
		}
		a, no := f(ctx, call, q)
		if no != nil {
			return nil, no
		}
		b, err := json.Marshal(a)
		if err != nil {
			return nil, failed(hostapi.ReasonBroken, "the answer cannot be written as JSON")
		}
		return b, nil
	}
}

// doing makes a handler of one that gives nothing.
func doing[Q any](f func(context.Context, *Call, Q) *refusal) handler {
	return func(ctx context.Context, call *Call, request []byte) ([]byte, *refusal) {
		q, no := decode[Q](request)
		if no != nil {
			return nil, no
		}
		return nil, f(ctx, call, q)
	}
}

// decode is strict: a field that the contract does not have is a mistake of the author,
// or the try to name what is the host's to say.
func decode[Q any](request []byte) (q Q, no *refusal) {
	if err := json.Unmarshal(request, &q, json.RejectUnknownMembers(true)); err != nil {
		return q, malformed(err.Error())
	}
	return q, nil
}
