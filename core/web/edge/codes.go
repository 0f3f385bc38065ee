package edge

import "github.com/usher-id/usher/core"

// Kind is what is the same for every problem of one code.
type Kind struct {
	Code   core.Code
	Status int
	Title  string
	// Advice tells a developer what it means and what to do; the page behind the
	// problem's type shows it.
	Advice string
}

// Kinds lists every code that an answer can have, by status. A caller may rely
// on the code and the status; the words may change.
func Kinds() []Kind {
	return []Kind{
		{
			core.MalformedRequest, 400, "The request could not be read",
			"The request is not valid HTTP, its body is not the JSON that the call takes, or a field is unknown, given twice, or of the wrong type. The detail names the field or the place. Correct the request; sending it again unchanged will not help.",
		},
		{
			core.Unauthenticated, 401, "No valid session",
			"The call needs an access token: Authorization: Bearer, a space, and the token. There was none, or it has expired or been revoked. Refresh the session or sign in again.",
		},
		{
			core.InvalidCredentials, 401, "The e-mail address or the password is wrong",
			"The answer is the same for an address that has no account. Ask the person to try again, or to use a link by e-mail.",
		},
		{
			core.Forbidden, 403, "Not allowed",
			"The session is valid, but its role does not allow this, or a browser made the call for another site.",
		},
		{
			core.DeniedByPolicy, 403, "Refused by a policy",
			"A rule that this installation added has refused the request. The detail says why, as far as the rule told.",
		},
		{
			core.NotFound, 404, "Not found",
			"There is nothing at this address, or it belongs to a tenant that the session has no part in. Both look the same.",
		},
		{
			core.MethodNotAllowed, 405, "This address does not know the method",
			"The Allow header lists the methods that this address knows.",
		},
		{
			core.Conflict, 409, "It contradicts what is there",
			"For example, a pending invitation for the address exists, or the slug is taken. Read the present state, then decide.",
		},
		{
			core.IdempotencyInFlight, 409, "The same request is still running",
			"Another request with this Idempotency-Key has not ended yet. Wait for the time in Retry-After and send the same request again.",
		},
		{
			core.InvalidToken, 410, "The link is not valid",
			"It may be unknown, used, expired, revoked or replaced by a newer one; the answer is the same for all of these. Ask for a new link.",
		},
		{
			core.PayloadTooLarge, 413, "The body is too long",
			"A body may have 64 KiB, 8 KiB where a password, a token or an address is taken, and 4 MiB for a list of invitations. An operator may push a plugin of 8 MiB.",
		},
		{
			core.UnsupportedMedia, 415, "The body is of another kind",
			"Send Content-Type: application/json in UTF-8, without a Content-Encoding. A list of invitations may be text/csv too.",
		},
		{
			core.ValidationFailed, 422, "Some fields are not valid",
			"The list errors says for each field what is wrong with it, as a code for programs and a sentence for people.",
		},
		{
			core.IdempotencyMismatch, 422, "The Idempotency-Key belongs to another request",
			"The key was used with another body or another address before. Use a new key for a new request.",
		},
		{
			core.RateLimited, 429, "Too many requests",
			"Wait for the time in Retry-After. The limits are the same for addresses with and without an account.",
		},
		{
			core.Internal, 500, "Something broke here",
			"It is not the caller's fault. The trace_id lets the operator find what happened.",
		},
		{
			core.Unavailable, 503, "Not available for now",
			"Something that this call needs does not answer. Wait for the time in Retry-After and try again.",
		},
		{
			core.SignupClosed, 503, "Signing up is closed for now",
			"The operator has closed signing up. Wait for the time in Retry-After and try again.",
		},
	}
}

// KindOf gives what is the same for every problem of a code; a code that is not
// in the list is [core.Internal].
func KindOf(code core.Code) Kind {
	var internal Kind
	for _, k := range Kinds() {
		if k.Code == code {
			return k
		}
		if k.Code == core.Internal {
			internal = k
		}
	}
	return internal
}
