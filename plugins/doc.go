// Package plugins runs WebAssembly guests that serve the hooks of package
// hostapi. It is the only package, beside hostapi/host, that knows wazero, and
// it never imports core: core/hook declares the small runner that it needs and
// says what an answer or a failure means.
//
//	Prepare ──▶ find what is live, or: inspect ──▶ compile ──▶ warm up ──▶ snapshot ──▶ bind ──▶ Commit: one pointer swap
//	                                   (module,    (version)   (instance)               (chains)  (set)
//	                                    manifest)
//
//	Call ──▶ set ──▶ binding ──▶ panel ──▶ arm ──▶ breaker ──▶ share ──▶ pool ──▶ guest ──▶ answer ──▶ next binding
//	                            (release)                                └──── restore, off the call path ◀──┘
//
// A version is the SHA-256 of its bytes with a wazero runtime of its own, so
// that closing one frees all of it and touches nothing else. Its instances are
// owned by a bounded pool and serve one call at a time. After each call memory
// and every mutable global go back to what they were after a warm-up with made-up
// data: no instance carries one tenant's data to another. An instance that grew,
// trapped or ran into its deadline is closed and replaced.
//
// What a plugin says about itself is judged by package manifest; [Pack] puts it into a
// module, [Inspect] reads it back, and package kit runs its fixtures.
//
// A set is what one [Release] made: for each hook a chain of bindings, asked in their
// order. A binding says in which tenants' calls its plugin is asked, how long a call
// may take, and whether the chain goes on after a failure; what a failure means beyond
// that is the caller's. Each plugin is shown what those before it changed, as far as
// the caller's [Call] rebuilds it. Calls hold a reference to the set they began with;
// the old set drains and closes after a swap, and calls never wait for that.
//
// A release has more than what serves. In a binding each release that still has runs has
// a panel, and in it the arms that its calls may be asked of: the version that serves,
// and a candidate that answers for a share of the runs, always the same ones and on
// every host (portion.go). A call says under which release its run began, and stays with
// that one's versions until they are revoked. A candidate's failure is not the caller's:
// the version that serves answers, but where plugins call out, because nobody knows what
// was done there. A guest has one breaker in a binding, in whatever role it is asked.
//
// A shadow is asked about a copy of the question after another arm has answered, in the
// background, and the two are compared. It has no effect: its capabilities are served
// from a tape of what the host answered the other one (host.Tape), and what is not on
// the tape is refused. Samples of calls are handed on with their tapes, so that a version
// can be asked the same later; a [Trial] does that, and has the fixtures of package kit
// run against a version that serves nobody yet.
//
// A release that must serve, because it serves elsewhere, can have its candidates left out where they
// cannot be made; what serves it never goes without.
//
// Live versions are found by what is given for them (live.go): a swap back to what a
// release keeps warm looks at no module and waits for no compiler.
//
// The time of a call begins with its wait for an instance. No tenant holds every
// instance of a plugin that may have more than one: the last is for the others. A
// binding whose guest fails 20 times in a row within ten seconds is no longer asked,
// which is a failure at once, until one call a second finds it well again. [SafeMode]
// switches bindings off whatever was loaded.
//
// Deadlines rest on fuel: package plugins/module rewrites each guest so that it
// pays at loops and on entering functions, and comes back to the host every few
// microseconds, where meter.go looks at the clock and at the caller's context
// (wazero's own check costs several times as much, and a guest built to nest
// calls without a loop gets past it). The functions of the host look too. A guest
// whose time is up is aborted and its instance closed.
//
// The native stack of a call is bounded there as well, to a good 1.25 MiB: enough
// for thousands of nested calls of any compiler, and little enough that fifty
// guests in endless recursion stay far below 300 MB; wazero alone would let each
// take a hundred. A guest pays for the most that each frame may take, so it is
// back before it took another MiB, and the host looks at what it really has.
// Taking back what was paid when functions return would cost more and bound
// less: how large frames are is known to the compiler alone.
//
// One module is compiled at a time, off the path of calls; two that want the same one
// have it made once. What a compiler may
// be given to do is bounded before it begins (module.Limits); its time is bounded
// by LoadTimeout, which it looks at between functions.
package plugins
