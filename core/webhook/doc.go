// Package webhook sends events to addresses that customers and operators chose, as Standard Webhooks 1.0 says: the body
// is a CloudEvent, the id is the event's and the same at each attempt, the signature is an HMAC with a secret that only
// the endpoint and the host know.
//
//	relay ──▶ Deliver ──▶ sign ──▶ dial, if the address may be reached ──▶ POST ──▶ 2xx: taken
//	                                                                           ├──▶ 410: disabled
//	                                                                           └──▶ else: again, over days; then dead
//
// Each endpoint is a consumer of its own (package event), so that nobody's trouble holds up another. What an endpoint did
// not take waits in its place, and behind it what came later of the same tenant. One that fails for days is disabled, and
// what waits for it goes on when it is enabled.
//
// An address is chosen by somebody else, so it is judged when it is dialled ([egress.Dialer]); redirects are not followed,
// and nothing of an answer but its status is kept.
//
// Not here: the order and the leases (package event), the rows (package store), the calls (package web).
package webhook
