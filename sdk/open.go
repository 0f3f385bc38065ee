package sdk

import (
	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/sdk/internal/abi"
	"github.com/usher-id/usher/sdk/internal/codec"
)

// Open reads an envelope and gives its data to read. It is for the packages of
// the SDK that serve a hook; a plugin has no use for it. It gives false when the
// envelope is not readable. The call refers to the bytes of input.
func Open(h abi.Host, input []byte, data func(*codec.Reader)) (*Call, bool) {
	c := &Call{host: h}
	r := codec.NewReader(input)
	r.Object(func(name string) {
		switch name {
		case "hook":
			c.Hook = hostapi.Hook(r.String())
		case "call_id":
			c.ID = r.String()
		case "run_id":
			c.RunID = r.String()
		case "tenant":
			c.Tenant = r.String()
		case "actor":
			c.Actor = readActor(r)
		case "traceparent":
			c.Traceparent = r.String()
		case "config":
			c.config = r.Raw()
		case "data":
			data(r)
		default:
			r.Skip()
		}
	})
	return c, r.OK()
}

func readActor(r *codec.Reader) (a hostapi.Actor) {
	r.Object(func(name string) {
		switch name {
		case "kind":
			a.Kind = r.String()
		case "id":
			a.ID = r.String()
		default:
			r.Skip()
		}
	})
	return a
}
