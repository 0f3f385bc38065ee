// Package host implements the functions that the Usher host lends to a guest, on
// wazero: the import module usher:core/v1 for everybody, and the capabilities, each a
// module of its own, for who was granted them.
//
// The functions know one call at a time: a [Call], put into the context that the
// guest is called with. Those of the core reach nothing but the bytes of that call, a
// frozen clock, random bytes and a capped [Journal]. A pointer outside the guest's
// memory aborts the call with [ErrBadPointer]; so does any function when the
// call's deadline has passed or its context is done, also while it waits for others.
//
//	guest ──▶ fetch ──▶ check ──▶ granted origin? ──▶ dial ──▶ address allowed? ──▶ exchange
//	            ◀── secrets and links hidden ◀── capped ◀──────────────────────────────┘
//
// [Capabilities] are made for one version of a plugin from its [Grant], and only modules
// in it are put into the version's runtime. Whose they are they know by themselves and
// the tenant by the Call: nothing that a guest says can name another plugin or tenant.
// What they answer is JSON of hostapi, or a refusal with a reason; the words of a
// library or a database never reach a guest, and a secret reaches nobody but the origin
// that it was granted for. In a rehearsal, a call that is not live, they do nothing.
//
//   - usher:http/v1: one exchange with a granted origin. The address is judged when it is
//     dialled (package egress), whatever the name meant before; nothing follows redirects.
//   - usher:kv/v1: entries in a namespace that the host says, kept by a [KV].
//   - usher:secret/v1: HMAC with a secret that the guest only names.
//   - usher:telemetry/v1: metrics that the manifest declares, with closed labels, on a
//     [Meter]; spans below that of the call.
//
// Package hostapi says what the functions mean, package plugins runs the guests and
// judges what each is granted.
package host
