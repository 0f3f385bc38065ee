package hook

import (
	"fmt"
	"slices"

	"github.com/usher-id/usher/hostapi"
)

// OnFailure is what a hook does when a plugin fails.
type OnFailure string

// What a failure may mean.
const (
	Closed OnFailure = "closed" // the step fails: nobody gets past a broken check
	Open   OnFailure = "open"   // the step goes on as if nobody had been asked
	Native OnFailure = "native" // the host does it itself
	Retry  OnFailure = "retry"  // the job fails and is tried again later
)

// policy is what a failure of a hook means, first by default.
type policy struct {
	hook    hostapi.Hook
	choices []OnFailure
}

func table() []policy {
	return []policy{
		{hostapi.HookSignupValidate, []OnFailure{Closed, Open}},
		{hostapi.HookTenantProvision, []OnFailure{Retry, Open}},
		{hostapi.HookInvitationValidate, []OnFailure{Closed, Open}},
		{hostapi.HookActivationValidate, []OnFailure{Closed, Open}},
		{hostapi.HookPasswordCheck, []OnFailure{Closed, Open}},
		{hostapi.HookMessageRender, []OnFailure{Native, Retry}},
		{hostapi.HookMessageRoute, []OnFailure{Native, Retry}},
		{hostapi.HookMessageSend, []OnFailure{Retry}},
		{hostapi.HookMessageStatus, []OnFailure{Closed}},
		{hostapi.HookIdentityBegin, []OnFailure{Closed}},
		{hostapi.HookIdentityFinish, []OnFailure{Closed}},
		{hostapi.HookSessionClaims, []OnFailure{Open, Closed}},
		{hostapi.HookEventDeliver, []OnFailure{Retry}},
	}
}

// choose gives the policy of every hook; it refuses a choice that a hook does not have.
func choose(wanted map[hostapi.Hook]OnFailure) (map[hostapi.Hook]OnFailure, error) {
	chosen := map[hostapi.Hook]OnFailure{}
	for _, p := range table() {
		chosen[p.hook] = p.choices[0]
		if w, ok := wanted[p.hook]; ok {
			if !slices.Contains(p.choices, w) {
				return nil, fmt.Errorf("hook: a failure of %s cannot mean %q, only %v", p.hook, w, p.choices)
			}
			chosen[p.hook] = w
		}
	}
	for h := range wanted {
		if _, ok := chosen[h]; !ok {
			return nil, fmt.Errorf("hook: there is no hook %q", h)
		}
	}
	return chosen, nil
}
