// Package hook asks plugins at the hook points of the pipeline: one typed method
// and one policy per hook point. It turns the words of core into the contract of
// hostapi, judges what comes back, and says what a failure means.
//
//	activation ──▶ SignupValidate ──▶ Runner ──▶ plugins (through package app)
//	mail       ──▶ MessageRender, MessageRoute, MessageSend, MessageStatus ──▶
//
// "No" is an answer. A crash, a time-out or nonsense is a failure, and the
// policy of the hook says whether the step fails with it, goes on as if nobody
// had been asked, or takes the native way. MessageSend leaves that to package mail, which
// has other providers; it tells how far the plugin got. No method may be called inside a
// database transaction.
//
// The package knows no wazero and no engine: the caller brings a [Runner].
package hook
