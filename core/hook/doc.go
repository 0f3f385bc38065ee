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
//	callback     ──▶ MessageStatus ──────▶┘
//
// Each question is asked before anything is committed, spent or hashed, of plugins that are
// told no secret: of a password facts, of a link a placeholder.
//
// "No" is an answer. A crash, a time-out or nonsense is a failure, and the
// policy of the hook says whether the step fails with it, goes on as if nobody
// had been asked, or takes the native way. MessageSend leaves that to package mail, which
// has other providers; it tells how far the plugin got. No method may be called inside a
// database transaction.
//
// The package knows no wazero and no engine: the caller brings a [Runner].
package hook
