// Package plugins runs WebAssembly guests that serve the hooks of package
// hostapi. It is the only package, beside hostapi/host, that knows wazero, and
// it never imports core: core/hook declares the small runner that it needs and
// says what an answer or a failure means.
//
//	Prepare ──▶ inspect ──▶ compile ──▶ warm up ──▶ snapshot ──▶ bind ──▶ Commit: one pointer swap
//	            (module,    (version)   (instance)               (chains)  (set)
//	             manifest)
//
//	Call ──▶ set ──▶ binding ──▶ breaker ──▶ share ──▶ pool ──▶ guest ──▶ answer ──▶ next binding
//	                                                     └──── restore, off the call path ◀──┘
//
// A version is the SHA-256 of its bytes with a wazero runtime of its own, so
// that closing one frees all of it and touches nothing else. Its instances are
// owned by a bounded pool and serve one call at a time. After each call memory
// and every mutable global go back to what they were after a warm-up with made-up
// data: no instance carries one tenant's data to another. An instance that grew,
// trapped or ran into its deadline is closed and replaced.
//
// What a plugin may do beyond answering is what it imports, asks for in its manifest, and
// was granted by the operator: all three or it is not loaded (grants.go). Package
// hostapi/host implements the functions and bounds them.
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
// A Load compiles one module at a time, off the path of calls. What a compiler may
// be given to do is bounded before it begins (module.Limits); its time is bounded
// by LoadTimeout, which it looks at between functions.
package plugins
