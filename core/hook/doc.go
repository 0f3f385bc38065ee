// Package hook asks plugins at the hook points of the pipeline: one typed method
// and one policy per hook point. It turns the words of core into the contract of
// hostapi, judges what comes back, and says what a failure means.
//
//	signup       ──▶ SignupValidate ─────▶┐
//	invite       ──▶ InvitationValidate ─▶│ verdict: the first denial decides,
//	activate     ──▶ ActivationValidate ─▶│ patches are judged and merged
//	             ──▶ PasswordCheck ──────▶┤
//	each access  ──▶ SessionClaims ──────▶│ claims side by side, by plugin
//	  token                               ├─▶ Runner ──▶ plugins (through package app)
//	mail         ──▶ MessageRender ──────▶│ one answer, or the host's own
//	             ──▶ MessageRoute ───────▶│
//	             ──▶ MessageSend ────────▶│ of one plugin by name
//	callback     ──▶ MessageStatus ──────▶│
//	event        ──▶ TenantProvision ────▶│ of one plugin, again until it took the event
//	             ──▶ EventDeliver ───────▶┘
//
// Each question is asked before anything is committed, spent or hashed, of plugins that are
// told no secret: of a password facts, of a link a placeholder.
//
// "No" is an answer. A crash, a time-out or nonsense is a failure, and the binding of
// the plugin, or else the hook, says what it means: closed, the step fails; open or
// native, the next plugin of the chain is asked, and after the last the host goes on by
// itself; retry, the job fails and is tried again (MessageSend leaves that to package mail,
// which has other providers, and tells how far the plugin got). policy.go has the choices of each
// hook. Of several plugins each is shown what those before it changed. No method may be
// called inside a database transaction.
//
// # Safe mode
//
// An operator can switch plugins off by name or by hook. What that means:
//
//	signup.validate, invitation.validate,     skipped, as if no plugin were bound
//	activation.validate, password.check
//	message.render, message.route             the native template, the configured order
//	session.claims                            no claims beside the host's own
//	tenant.provision, event.deliver           the job waits: it fails and is tried again
//	message.send                              the provider fails, and the next one is tried
//	message.status                            the callback is refused, and the provider repeats it
//	identity.begin, identity.finish           sign-in through that provider fails
//
// The calls of operators pass no hook, so no plugin can lock an operator out.
//
// The package knows no wazero and no engine: the caller brings a [Runner].
package hook
