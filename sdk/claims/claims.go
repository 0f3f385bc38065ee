package claims

import (
	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/sdk"
	"github.com/usher-id/usher/sdk/internal/codec"
	"github.com/usher-id/usher/sdk/internal/wire"
)

// Session is what a plugin is told of the session.
type Session = hostapi.SessionClaims

// Claims is what the token says beside: a JSON object, or nothing.
type Claims = hostapi.SessionClaimed

// Of makes claims of strings. Anything else is made by hand, as JSON.
func Of(texts map[string]string) Claims {
	return Claims{Claims: codec.AppendStringMap(nil, texts)}
}

// Handler gives claims.
type Handler func(*sdk.Call, Session) (Claims, error)

// Plugin serves a handler. It belongs to one goroutine.
type Plugin = sdk.Plugin[Session, Claims]

// New makes a plugin of a handler.
func New(h Handler) *Plugin {
	return sdk.Serve(sdk.Serving[Session, Claims]{
		Hook: hostapi.HookSessionClaims, Read: wire.ReadSessionClaims, Append: wire.AppendSessionClaimed, Answer: sdk.Answering(h),
	})
}
