package web

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/activation"
	"github.com/usher-id/usher/core/web/edge"
)

// The tags of the document, in its order.
const (
	tagActivation  = "activation"
	tagSessions    = "sessions"
	tagInvitations = "invitations"
	tagEvents      = "events"
	tagMail        = "mail"
	tagWell        = "well-known"
	tagHealth      = "health"
)

// operations is the table of calls.
func (s *Server) operations(h Health, timeout time.Duration) []operation {
	return slices.Concat(s.activationCalls(), s.sessionCalls(), s.bulkCalls(), s.tenantCalls(), s.eventCalls(), s.webhookCalls(), s.mailCalls(), s.pageCalls(), healthCalls(h, timeout))
}

func (s *Server) activationCalls() []operation {
	return []operation{
		call(operation{
			method: http.MethodPost, path: "/v1/signups", id: "createSignup", tag: tagActivation,
			summary: "Sign up: a tenant and its owner are made, and a mail that proves the address is on its way",
			body:    edge.BodyPlain, idempotent: true, status: 202, example: signupExample(),
			errors: []core.Code{core.DeniedByPolicy, core.Conflict, core.RateLimited, core.SignupClosed},
		}, s.signup),
		call(operation{
			method: http.MethodPost, path: "/v1/activations/inspect", id: "inspectToken", tag: tagActivation,
			summary: "Tell what the token of a link would do; changes nothing, however often it is asked",
			body:    edge.BodyCredential, status: 200, example: inspectExample(),
			errors: []core.Code{core.InvalidToken, core.RateLimited},
		}, s.inspect),
		call(operation{
			method: http.MethodPost, path: "/v1/activations", id: "activate", tag: tagActivation, access: ifPresent,
			summary: "Spend the token of a link, once: the account is active and signed in",
			body:    edge.BodyCredential, idempotent: true, status: 201, example: activateExample(),
			errors: []core.Code{core.InvalidCredentials, core.DeniedByPolicy, core.Conflict, core.InvalidToken, core.RateLimited},
		}, s.activate),
	}
}

func (s *Server) sessionCalls() []operation {
	return []operation{
		call(operation{
			method: http.MethodPost, path: "/v1/sessions", id: "signIn", tag: tagSessions,
			summary: "Sign in with an e-mail address and a password",
			body:    edge.BodyCredential, status: 201, example: signInExample(),
			errors: []core.Code{core.InvalidCredentials, core.DeniedByPolicy, core.RateLimited},
		}, s.signIn),
		call(operation{
			method: http.MethodPost, path: "/v1/sessions/magic-link", id: "requestSignInLink", tag: tagSessions,
			summary: "Ask for a mail with a link that signs in; the answer is the same for every address",
			body:    edge.BodyCredential, status: 202, example: addressExample(),
			errors: []core.Code{core.RateLimited},
		}, s.requestSignIn),
		call(operation{
			method: http.MethodPost, path: "/v1/identities/{provider}/begin", id: "beginExternalSignIn", tag: tagSessions,
			summary: "Begin a sign-in through an external provider; nothing is stored for it",
			body:    edge.BodyPlain, status: 200, example: beginExternalExample(),
			errors: []core.Code{core.NotFound, core.DeniedByPolicy, core.RateLimited},
		}, s.beginExternal),
		call(operation{
			method: http.MethodPost, path: "/v1/identities/{provider}/finish", id: "finishExternalSignIn", tag: tagSessions,
			summary: "Sign in whom the provider sent back",
			body:    edge.BodyPlain, status: 201, example: finishExternalExample(),
			errors: []core.Code{core.Unauthenticated, core.InvalidCredentials, core.NotFound, core.DeniedByPolicy, core.RateLimited},
		}, s.finishExternal),
		call(operation{
			method: http.MethodPost, path: "/v1/sessions/refresh", id: "refreshSession", tag: tagSessions,
			summary: "Exchange a refresh token for a new pair; using one twice ends the session",
			body:    edge.BodyCredential, status: 200, example: refreshExample(),
			errors: []core.Code{core.Unauthenticated, core.RateLimited},
		}, s.refresh),
		get(operation{
			method: http.MethodDelete, path: "/v1/sessions/current", id: "signOut", tag: tagSessions, access: bySession,
			summary: "Sign out: the session and its refresh token end", status: 204,
		}, s.signOut),
		call(operation{
			method: http.MethodPost, path: "/v1/sessions/tenant", id: "switchTenant", tag: tagSessions, access: bySession,
			summary: "Go on in another tenant of the same person",
			body:    edge.BodyPlain, status: 200, example: switchExample(),
			errors: []core.Code{core.NotFound},
		}, s.switchTenant),
		call(operation{
			method: http.MethodPost, path: "/v1/password-resets", id: "requestPasswordReset", tag: tagSessions,
			summary: "Ask for a mail with a link that sets a new password; the answer is the same for every address",
			body:    edge.BodyCredential, status: 202, example: addressExample(),
			errors: []core.Code{core.RateLimited},
		}, s.requestPasswordReset),
		get(operation{
			method: http.MethodGet, path: "/v1/me", id: "getMe", tag: tagSessions, access: bySession,
			summary: "Who is signed in, and in which tenants", status: 200,
		}, s.me),
	}
}

func (s *Server) tenantCalls() []operation {
	const invitations = "/v1/tenants/{tenant_id}/invitations"
	const invitation = invitations + "/{invitation_id}"
	const tenant = "/v1/tenants/{tenant_id}"
	return []operation{
		get(operation{
			method: http.MethodGet, path: tenant, id: "getTenant", tag: tagInvitations, access: bySession,
			summary: "The tenant: its name and how it looks", status: 200, errors: []core.Code{core.Forbidden, core.NotFound},
		}, s.getTenant),
		call(operation{
			method: http.MethodPatch, path: tenant, id: "changeTenant", tag: tagInvitations, access: bySession,
			summary: "Change the tenant's name and how it looks in letters and on the page behind a link",
			body:    edge.BodyPlain, status: 200, example: changeTenantExample(),
			errors: []core.Code{core.Forbidden, core.NotFound, core.Conflict},
		}, s.changeTenant),
		call(operation{
			method: http.MethodPost, path: invitations, id: "createInvitation", tag: tagInvitations, access: bySession,
			summary: "Invite an address into the tenant", body: edge.BodyPlain, idempotent: true, status: 201, example: inviteExample(),
			errors: []core.Code{core.Forbidden, core.DeniedByPolicy, core.NotFound, core.Conflict, core.RateLimited},
		}, s.invite),
		get(operation{
			method: http.MethodGet, path: invitations, id: "listInvitations", tag: tagInvitations, access: bySession,
			summary: "List the invitations of the tenant, newest first", status: 200,
			errors: []core.Code{core.Forbidden, core.NotFound, core.ValidationFailed},
			query: []parameter{
				{name: "status", says: "Only those with this status.", kind: reflect.TypeFor[string](), oneOf: invitationStatuses()},
				{name: "email", says: "Only those to this address.", kind: reflect.TypeFor[string]()},
				limitParameter(), cursorParameter(),
			},
		}, s.listInvitations),
		get(operation{
			method: http.MethodGet, path: invitation, id: "getInvitation", tag: tagInvitations, access: bySession,
			summary: "One invitation", status: 200, errors: []core.Code{core.Forbidden, core.NotFound},
		}, s.getInvitation),
		get(operation{
			method: http.MethodGet, path: invitation + "/timeline", id: "getTimeline", tag: tagInvitations, access: bySession,
			summary: "The story of one invitation, step by step, with the trace of each", status: 200,
			errors: []core.Code{core.Forbidden, core.NotFound},
		}, s.timeline),
		get(operation{
			method: http.MethodDelete, path: invitation, id: "revokeInvitation", tag: tagInvitations, access: bySession,
			summary: "Revoke a pending invitation; its link dies", status: 204,
			errors: []core.Code{core.Forbidden, core.NotFound, core.Conflict},
		}, s.revoke),
		get(operation{
			method: http.MethodPost, path: invitation + "/resend", id: "resendInvitation", tag: tagInvitations, access: bySession,
			summary: "Send a pending invitation again with a new link; the old one dies", status: 202,
			errors: []core.Code{core.Forbidden, core.NotFound, core.Conflict, core.RateLimited},
		}, s.resend),
	}
}

func (s *Server) eventCalls() []operation {
	return []operation{
		get(operation{
			method: http.MethodGet, path: "/v1/tenants/{tenant_id}/events", id: "listEvents", tag: tagEvents, access: bySession,
			summary: "The tenant's own events as CloudEvents, in the order of their commits", status: 200,
			errors: []core.Code{core.Forbidden, core.NotFound, core.ValidationFailed},
			query:  []parameter{limitParameter(), cursorParameter()},
		}, s.listEvents),
		raw(operation{
			method: http.MethodGet, path: "/v1/tenants/{tenant_id}/events/stream", id: "streamEvents", tag: tagEvents, access: bySession,
			summary: "The tenant's own events as server-sent events, as they come. After Last-Event-ID none is missed", status: 200, media: "text/event-stream",
			errors: []core.Code{core.Forbidden, core.NotFound, core.ValidationFailed, core.RateLimited},
			query: []parameter{
				{name: "types", says: "Only these, with commas between them.", kind: reflect.TypeFor[string]()},
				{name: "cursor", says: "Where to begin when there is no header Last-Event-ID: the next_cursor of a page, or the id of an event here.", kind: reflect.TypeFor[string]()},
			},
		}, s.streamEvents),
		get(operation{
			method: http.MethodGet, path: "/events/schemas", id: "listEventTypes", tag: tagEvents, status: 200,
			summary: "The types of events, and where the JSON Schema of each one's data is",
		}, s.listSchemas),
		raw(operation{
			method: http.MethodGet, path: "/events/schemas/{type}", id: "getEventSchema", tag: tagEvents, status: 200, media: mimeSchema,
			summary: "The JSON Schema (2020-12) of the data of one type of event", errors: []core.Code{core.NotFound},
		}, s.getSchema),
	}
}

func (s *Server) mailCalls() []operation {
	return []operation{
		get(operation{
			method: http.MethodPost, path: "/v1/mail/providers/{name}/status", id: "reportDelivery", tag: tagMail, takes: "*/*",
			summary: "For a mail provider: what became of mails. The provider's plugin checks that it comes from there",
			body:    edge.BodyPlain, status: 200,
			errors: []core.Code{core.Unauthenticated, core.NotFound, core.UnsupportedMedia},
		}, s.providerStatus),
	}
}

func (s *Server) pageCalls() []operation {
	return []operation{
		raw(operation{
			method: http.MethodGet, path: "/a/{token}", id: "openLink", tag: tagWell, status: 200, media: mimeHTML,
			summary: "The page behind a mailed link; opening it changes nothing, ever",
		}, s.openLink),
		raw(operation{
			method: http.MethodGet, path: "/invite", id: "openInvite", tag: tagWell, status: 200, media: mimeHTML,
			summary: "The page on which an owner or admin invites a list of people",
		}, s.openInvite),
		raw(operation{
			method: http.MethodGet, path: "/assets/{file}", id: "getAsset", tag: tagWell, status: 200, media: "*/*",
			summary: "A script, a style or an image of a page", errors: []core.Code{core.NotFound},
		}, s.asset),
		raw(operation{
			method: http.MethodGet, path: "/problems/{code}", id: "explainProblem", tag: tagWell, status: 200, media: mimeHTML,
			summary: "What the code of a problem means and what to do about it", errors: []core.Code{core.NotFound},
		}, s.explainProblem),
		raw(operation{
			method: http.MethodGet, path: "/.well-known/jwks.json", id: "getSigningKeys", tag: tagWell, status: 200, media: "application/json",
			summary: "The public keys (RFC 7517) that access tokens are verified with",
		}, s.signingKeys),
		raw(operation{
			method: http.MethodGet, path: "/openapi.json", id: "getDocument", tag: tagWell, status: 200, media: "application/json",
			summary: "This document",
		}, s.openAPI),
	}
}

func healthCalls(h Health, timeout time.Duration) []operation {
	probe := func(checks []Check) *probe { return newProbe(checks, timeout) }
	return []operation{
		get(operation{
			method: http.MethodGet, path: "/livez", id: "isAlive", tag: tagHealth, quiet: true, status: 200,
			summary: "The process answers; nothing else is looked at",
		}, livez),
		healthPage("/readyz", "isReady", "Whether traffic should come here", probe(h.Ready)),
		healthPage("/health/auth", "healthOfAuth", "Sessions, signing keys, password hashing", probe(h.Auth)),
		healthPage("/health/tenant", "healthOfTenant", "Signing up and inviting", probe(h.Tenant)),
		healthPage("/health/email", "healthOfEmail", "The mail queue and its providers", probe(h.Email)),
		healthPage("/health/events", "healthOfEvents", "The relay of events", probe(h.Events)),
		healthPage("/health/plugins", "healthOfPlugins", "The plugins in use", newListProbe(h.Plugins, timeout)),
	}
}

func limitParameter() parameter {
	return parameter{name: "limit", says: fmt.Sprintf("How many at most, 1 to %d. Default %d.", activation.MaxPage, activation.DefaultPage), kind: reflect.TypeFor[int]()}
}

func cursorParameter() parameter {
	return parameter{name: "cursor", says: "The next_cursor of the page before.", kind: reflect.TypeFor[string]()}
}
