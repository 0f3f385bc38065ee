package hostapi

// Hook names a point of the pipeline at which guests are asked.
type Hook string

// The hooks of ABI usher/v1. Each has a file that says what is asked and what may
// be answered.
const (
	HookSignupValidate     Hook = "signup.validate"
	HookTenantProvision    Hook = "tenant.provision"
	HookInvitationValidate Hook = "invitation.validate"
	HookActivationValidate Hook = "activation.validate"
	HookPasswordCheck      Hook = "password.check"
	HookMessageRender      Hook = "message.render"
	HookMessageRoute       Hook = "message.route"
	HookMessageSend        Hook = "message.send"
	HookMessageStatus      Hook = "message.status"
	HookIdentityBegin      Hook = "identity.begin"
	HookIdentityFinish     Hook = "identity.finish"
	HookSessionClaims      Hook = "session.claims"
	HookEventDeliver       Hook = "event.deliver"
)

// Hooks lists every hook in the order of the pipeline.
func Hooks() []Hook {
	return []Hook{
		HookSignupValidate, HookTenantProvision, HookInvitationValidate, HookActivationValidate, HookPasswordCheck,
		HookMessageRender, HookMessageRoute, HookMessageSend, HookMessageStatus,
		HookIdentityBegin, HookIdentityFinish, HookSessionClaims, HookEventDeliver,
	}
}

// Known tells whether the contract has the hook.
func (h Hook) Known() bool {
	for _, k := range Hooks() {
		if k == h {
			return true
		}
	}
	return false
}

// CallsOut tells whether a plugin may reach other systems while it serves the hook:
// such a call has more time ([IOLimits]) and is never made while a person waits for
// a page, except at the hooks of sign-in through an external provider.
func (h Hook) CallsOut() bool {
	switch h {
	case HookTenantProvision, HookMessageSend, HookIdentityBegin, HookIdentityFinish, HookEventDeliver:
		return true
	}
	return false
}

// Export is the name under which a guest exports the function that serves the hook.
func (h Hook) Export() string {
	name := []byte("usher_" + string(h))
	for i, c := range name {
		if c == '.' {
			name[i] = '_'
		}
	}
	return string(name)
}
