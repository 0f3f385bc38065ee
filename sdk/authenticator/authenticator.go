package authenticator

import (
	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/sdk"
	"github.com/usher-id/usher/sdk/internal/wire"
)

// Begin is the question where a person goes to sign in.
type Begin = hostapi.IdentityBegin

// Redirect is the https address to go to; Private comes back in [Finish].
type Redirect = hostapi.IdentityRedirect

// BeginHandler says where a person goes.
type BeginHandler func(*sdk.Call, Begin) (Redirect, error)

// BeginPlugin serves a handler. It belongs to one goroutine.
type BeginPlugin = sdk.Plugin[Begin, Redirect]

// NewBegin makes a plugin of a handler.
func NewBegin(h BeginHandler) *BeginPlugin {
	return sdk.Serve(sdk.Serving[Begin, Redirect]{
		Hook: hostapi.HookIdentityBegin, Read: wire.ReadIdentityBegin, Append: wire.AppendIdentityRedirect, Answer: sdk.Answering(h),
	})
}

// Finish is the question who came back.
type Finish = hostapi.IdentityFinish

// Identity is a person as the provider knows them.
type Identity = hostapi.Identity

// FinishHandler says who came back.
type FinishHandler func(*sdk.Call, Finish) (Identity, error)

// FinishPlugin serves a handler. It belongs to one goroutine.
type FinishPlugin = sdk.Plugin[Finish, Identity]

// NewFinish makes a plugin of a handler.
func NewFinish(h FinishHandler) *FinishPlugin {
	return sdk.Serve(sdk.Serving[Finish, Identity]{
		Hook: hostapi.HookIdentityFinish, Read: wire.ReadIdentityFinish, Append: wire.AppendIdentity, Answer: sdk.Answering(h),
	})
}
