// Package policy is what the plugin hr-directory does. A company's directory of staff answers over HTTP, in its own
// time; nobody who waits for a page is made to wait for it. So there is a copy:
//
//	event.deliver        asks the directory, page by page, when the copy is due     ──▶ the key-value store
//	invitation.validate  refuses whom the copy does not have                        ◀── the key-value store
//	activation.validate  refuses whoever has left since                             ◀── the key-value store
//
// A copy that is missing or too old gives no verdict: the call fails, and the operator's on_failure decides.
//
// It is plain Go: go test runs it without WebAssembly.
package policy
