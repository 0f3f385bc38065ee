//go:build wasip1

// Command golang is the guest of the conformance kit in Go.
package main

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/sdk"
	"github.com/usher-id/usher/sdk/activation"
	"github.com/usher-id/usher/sdk/authenticator"
	"github.com/usher-id/usher/sdk/claims"
	"github.com/usher-id/usher/sdk/invitation"
	"github.com/usher-id/usher/sdk/password"
	"github.com/usher-id/usher/sdk/provisioner"
	"github.com/usher-id/usher/sdk/renderer"
	"github.com/usher-id/usher/sdk/router"
	"github.com/usher-id/usher/sdk/sender"
	"github.com/usher-id/usher/sdk/subscriber"
	"github.com/usher-id/usher/sdk/tracker"
	"github.com/usher-id/usher/sdk/validator"
)

const text = "q\"b\\s/ü😀\u0001\n"

func main() {}

// answers are what a handler can be told to answer, each made when it is wanted.
type answers[Q, A any] struct {
	least func(Q) A
	full  A
	deny  A
	big   A
}

// answering makes a handler.
func answering[Q, A any](a answers[Q, A]) func(*sdk.Call, Q) (A, error) {
	return func(c *sdk.Call, q Q) (A, error) {
		switch what := c.ConfigText("do", "echo"); what {
		case "full":
			return a.full, nil
		case "deny":
			return a.deny, nil
		case "big":
			return a.big, nil
		case "fail":
			var none A
			return none, errors.New(`no "way" ü`)
		case "echo", "grow":
			if what == "grow" {
				grow()
			}
			echo(c, q)
		default:
			act(c, what)
		}
		return a.least(q), nil
	}
}

func echo(c *sdk.Call, question any) {
	call, err := json.Marshal(map[string]any{
		"id": c.ID, "hook": c.Hook, "run_id": c.RunID, "tenant": c.Tenant, "actor": c.Actor, "traceparent": c.Traceparent,
	})
	if err != nil {
		panic(err)
	}
	c.Info("call " + string(call))
	asked, err := json.Marshal(question)
	if err != nil {
		panic(err)
	}
	c.Info("question " + string(asked))
}

func always[Q, A any](a A) func(Q) A { return func(Q) A { return a } }

func errorsOf(first, second string) []hostapi.FieldError {
	return []hostapi.FieldError{{Field: first, Code: "first", Message: text}, {Field: second, Code: "second", Message: text}}
}

var (
	anyText  = text
	anyRole  = hostapi.RoleMember
	anyTime  = int64(3600)
	anyMap   = map[string]string{"k1": text, "k2": ""}
	tooLarge = strings.Repeat("x", 300<<10)
)

var signups = validator.New(answering(answers[validator.Signup, validator.Verdict]{
	least: always[validator.Signup](validator.Accept()),
	full:  validator.Change(validator.Patch{Slug: &anyText, Metadata: anyMap}),
	deny:  validator.Deny(errorsOf("email", "slug")...),
	big:   validator.Change(validator.Patch{Metadata: map[string]string{"big": tooLarge}}),
}))

//go:wasmexport usher_signup_validate
func signupValidate() int32 { return signups.Serve() }

var tenants = provisioner.New(answering(answers[provisioner.Tenant, provisioner.References]{
	least: always[provisioner.Tenant](provisioner.References{}),
	full:  provisioner.References{References: anyMap},
}))

//go:wasmexport usher_tenant_provision
func tenantProvision() int32 { return tenants.Serve() }

var invitations = invitation.New(answering(answers[invitation.Invitation, invitation.Verdict]{
	least: always[invitation.Invitation](invitation.Accept()),
	full:  invitation.Change(invitation.Patch{ExpiresIn: &anyTime, Role: &anyRole, Locale: &anyText, Metadata: anyMap}),
	deny:  invitation.Deny(errorsOf("email", "role")...),
}))

//go:wasmexport usher_invitation_validate
func invitationValidate() int32 { return invitations.Serve() }

var activations = activation.New(answering(answers[activation.Activation, activation.Verdict]{
	least: always[activation.Activation](activation.Accept()),
	full:  activation.Change(activation.Patch{DisplayName: &anyText, Locale: &anyText}),
	deny:  activation.Deny(errorsOf("display_name", "locale")...),
}))

//go:wasmexport usher_activation_validate
func activationValidate() int32 { return activations.Serve() }

var passwords = password.New(answering(answers[password.Check, password.Verdict]{
	least: always[password.Check](password.Accept()),
	full:  password.Accept(),
	deny:  password.Deny(errorsOf("password", "password")...),
}))

//go:wasmexport usher_password_check
func passwordCheck() int32 { return passwords.Serve() }

var renderers = renderer.New(answering(answers[renderer.Message, renderer.Mail]{
	least: func(m renderer.Message) renderer.Mail {
		return renderer.Mail{Subject: "s", HTML: "<p>" + m.Link + "</p>", Text: m.Link}
	},
	full: renderer.Mail{Subject: text, HTML: text, Text: text},
	big:  renderer.Mail{HTML: tooLarge},
}))

//go:wasmexport usher_message_render
func messageRender() int32 { return renderers.Serve() }

var routers = router.New(answering(answers[router.Message, router.Route]{
	least: always[router.Message](router.Route{}),
	full:  router.Route{Providers: []string{text, text}, DelayS: 7},
}))

//go:wasmexport usher_message_route
func messageRoute() int32 { return routers.Serve() }

var senders = sender.New(answering(answers[sender.Mail, sender.Receipt]{
	least: always[sender.Mail](sender.Accepted("")),
	full:  sender.Receipt{Status: hostapi.SendFailed, ProviderID: text, RetryAfterS: 7, Reason: text},
}))

//go:wasmexport usher_message_send
func messageSend() int32 { return senders.Serve() }

var anyReport = tracker.Report{MessageID: text, ProviderID: text, Status: hostapi.DeliveryComplained, Reason: text, At: text}

var trackers = tracker.New(answering(answers[tracker.Callback, tracker.Verdict]{
	least: always[tracker.Callback](tracker.Reports()),
	full:  tracker.Reports(anyReport, anyReport),
	deny:  tracker.Deny(),
}))

//go:wasmexport usher_message_status
func messageStatus() int32 { return trackers.Serve() }

var begins = authenticator.NewBegin(answering(answers[authenticator.Begin, authenticator.Redirect]{
	least: func(b authenticator.Begin) authenticator.Redirect {
		return authenticator.Redirect{URL: "https://login.example/?state=" + b.State}
	},
	full: authenticator.Redirect{URL: text, Private: text},
}))

//go:wasmexport usher_identity_begin
func identityBegin() int32 { return begins.Serve() }

var finishes = authenticator.NewFinish(answering(answers[authenticator.Finish, authenticator.Identity]{
	least: always[authenticator.Finish](authenticator.Identity{Subject: "u", Email: "a@b.example"}),
	full:  authenticator.Identity{Subject: text, Email: text, EmailVerified: true, DisplayName: text, Locale: text},
}))

//go:wasmexport usher_identity_finish
func identityFinish() int32 { return finishes.Serve() }

var sessions = claims.New(answering(answers[claims.Session, claims.Claims]{
	least: always[claims.Session](claims.Claims{}),
	full:  claims.Claims{Claims: hostapi.RawJSON(`{"a":[1,null,"x"]}`)},
	big:   claims.Of(map[string]string{"big": tooLarge}),
}))

//go:wasmexport usher_session_claims
func sessionClaims() int32 { return sessions.Serve() }

var events = subscriber.New(answering(answers[subscriber.Event, subscriber.Receipt]{
	least: always[subscriber.Event](subscriber.Taken()),
	full:  subscriber.Receipt{Acknowledged: true, RetryAfterS: 7},
}))

//go:wasmexport usher_event_deliver
func eventDeliver() int32 { return events.Serve() }
