package hook

import "github.com/usher-id/usher/hostapi"

// OnFailure is what a hook does when a bound plugin fails.
type OnFailure string

// What a failure may mean.
const (
	Closed OnFailure = "closed" // the step fails: nobody gets past a broken check
	Open   OnFailure = "open"   // the chain goes on as if that plugin had not been asked
	Native OnFailure = "native" // likewise, and when nobody answers the host does it itself
	Retry  OnFailure = "retry"  // the job fails and is tried again later
)

// GoesOn tells whether the chain goes on with the next plugin after a failure, and
// after the last one the host goes on by itself.
func (f OnFailure) GoesOn() bool { return f == Open || f == Native }

// policy is what holds for a hook, whatever is bound to it.
type policy struct {
	hook    hostapi.Hook
	choices []OnFailure // what a failure may mean, first by default
	tenants bool        // it can be asked about a tenant, so bindings to some make sense
	needed  bool        // without its plugins nothing can be done: switched off, it fails
}

func table() []policy {
	return []policy{
		{hook: hostapi.HookSignupValidate, choices: []OnFailure{Closed, Open}},
		{hook: hostapi.HookTenantProvision, choices: []OnFailure{Retry, Open}, tenants: true, needed: true},
		{hook: hostapi.HookInvitationValidate, choices: []OnFailure{Closed, Open}, tenants: true},
		{hook: hostapi.HookActivationValidate, choices: []OnFailure{Closed, Open}, tenants: true},
		{hook: hostapi.HookPasswordCheck, choices: []OnFailure{Closed, Open}, tenants: true},
		{hook: hostapi.HookMessageRender, choices: []OnFailure{Native, Retry}, tenants: true},
		{hook: hostapi.HookMessageRoute, choices: []OnFailure{Native, Retry}, tenants: true},
		{hook: hostapi.HookMessageSend, choices: []OnFailure{Retry}, tenants: true, needed: true},
		{hook: hostapi.HookMessageStatus, choices: []OnFailure{Closed}, needed: true},
		{hook: hostapi.HookIdentityBegin, choices: []OnFailure{Closed}, needed: true},
		{hook: hostapi.HookIdentityFinish, choices: []OnFailure{Closed}, needed: true},
		{hook: hostapi.HookSessionClaims, choices: []OnFailure{Open, Closed}, tenants: true},
		{hook: hostapi.HookEventDeliver, choices: []OnFailure{Retry}, tenants: true, needed: true},
	}
}

// policyOf gives the row of a hook; that of no hook has no choices.
func policyOf(h hostapi.Hook) policy {
	for _, p := range table() {
		if p.hook == h {
			return p
		}
	}
	return policy{}
}

// Choices lists what a failure of a plugin may mean at a hook, the default first.
func Choices(h hostapi.Hook) []OnFailure { return policyOf(h).choices }

// Tenants tells whether a hook is ever asked about a tenant: no binding to some
// tenants would be asked at another.
func Tenants(h hostapi.Hook) bool { return policyOf(h).tenants }
