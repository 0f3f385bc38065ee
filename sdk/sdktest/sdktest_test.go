package sdktest_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"testing"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/sdk"
	"github.com/usher-id/usher/sdk/activation"
	"github.com/usher-id/usher/sdk/authenticator"
	"github.com/usher-id/usher/sdk/claims"
	"github.com/usher-id/usher/sdk/http"
	"github.com/usher-id/usher/sdk/invitation"
	"github.com/usher-id/usher/sdk/kv"
	"github.com/usher-id/usher/sdk/password"
	"github.com/usher-id/usher/sdk/provisioner"
	"github.com/usher-id/usher/sdk/router"
	"github.com/usher-id/usher/sdk/sdktest"
	"github.com/usher-id/usher/sdk/secret"
	"github.com/usher-id/usher/sdk/sender"
	"github.com/usher-id/usher/sdk/subscriber"
	"github.com/usher-id/usher/sdk/telemetry"
	"github.com/usher-id/usher/sdk/tracker"
)

// asked fails the test unless the question crossed whole and the answer came back.
func asked[Q comparable, A any](t *testing.T, p *sdk.Plugin[Q, A], question Q, want hostapi.Outcome) hostapi.Output[A] {
	t.Helper()
	got := sdktest.Ask(t, p, sdktest.Setting{}, question)
	if got.Failure != "" || got.Output.Outcome != want {
		t.Errorf("%s: %+v", p.Hook(), got)
	}
	return got.Output
}

func TestEveryHook(t *testing.T) {
	t.Parallel()
	role := hostapi.RoleMember
	invited := sdktest.Ask(t, invitation.New(func(_ *sdk.Call, i invitation.Invitation) (invitation.Verdict, error) {
		if i.Role != hostapi.RoleAdmin || i.ExpiresIn != 3600 || !i.Bulk || i.Metadata["a"] != "b" {
			return invitation.Deny(), nil
		}
		return invitation.Change(invitation.Patch{Role: &role}), nil
	}), sdktest.Setting{}, invitation.Invitation{Role: hostapi.RoleAdmin, ExpiresIn: 3600, Bulk: true, Metadata: map[string]string{"a": "b"}})
	if r := invited.Output.Data.Role; r == nil || *r != role {
		t.Errorf("the invitation: %+v", invited)
	}
	question := activation.Activation{Purpose: hostapi.PurposeInvitation, Tenant: hostapi.MessageTenant{Name: "A & B"}, AccountExists: true}
	asked(t, activation.New(func(_ *sdk.Call, a activation.Activation) (activation.Verdict, error) {
		if a != question {
			return activation.Deny(), nil
		}
		return activation.Accept(), nil
	}), question, hostapi.Continue)
	denied := asked(t, password.New(func(_ *sdk.Call, c password.Check) (password.Verdict, error) {
		return password.Deny(password.FieldError{Field: "password", Code: c.SHA1Prefix, Message: "m"}), nil
	}), password.Check{SHA1Prefix: "5BAA6", Facts: hostapi.PasswordFacts{Length: 8}}, hostapi.Deny)
	if len(denied.Errors) != 1 || denied.Errors[0].Code != "5BAA6" {
		t.Errorf("the password: %+v", denied)
	}
	session := claims.Session{SessionID: "s", Role: hostapi.RoleOwner, Reason: hostapi.SessionRefresh}
	claimed := asked(t, claims.New(func(_ *sdk.Call, s claims.Session) (claims.Claims, error) {
		return claims.Of(map[string]string{"session": s.SessionID}), nil
	}), session, hostapi.Continue)
	if string(claimed.Data.Claims) != `{"session":"s"}` {
		t.Errorf("the claims: %s", claimed.Data.Claims)
	}
	begun := asked(t, authenticator.NewBegin(func(_ *sdk.Call, b authenticator.Begin) (authenticator.Redirect, error) {
		return authenticator.Redirect{URL: "https://idp.example/?state=" + b.State, Private: "p"}, nil
	}), authenticator.Begin{State: "x"}, hostapi.Continue)
	if begun.Data.URL != "https://idp.example/?state=x" || begun.Data.Private != "p" {
		t.Errorf("the beginning: %+v", begun)
	}
	finished := sdktest.Ask(t, authenticator.NewFinish(func(_ *sdk.Call, f authenticator.Finish) (authenticator.Identity, error) {
		return authenticator.Identity{Subject: f.Query["code"], EmailVerified: true}, nil
	}), sdktest.Setting{}, authenticator.Finish{Query: map[string]string{"code": "c"}})
	if finished.Output.Data.Subject != "c" || !finished.Output.Data.EmailVerified {
		t.Errorf("the end: %+v", finished)
	}
}

func TestSettingsOfAnyType(t *testing.T) {
	t.Parallel()
	told := sdktest.Ask(t, claims.New(func(c *sdk.Call, _ claims.Session) (claims.Claims, error) {
		return claims.Of(map[string]string{"plans": c.ConfigJSON("plans") + c.ConfigJSON("missing")}), nil
	}), sdktest.Setting{Config: `{"a": 1, "plans": {"free": [5, null]}}`}, claims.Session{})
	if string(told.Output.Data.Claims) != `{"plans":"{\"free\":[5,null]}"}` {
		t.Errorf("%s", told.Output.Data.Claims)
	}
}

func TestMailAndEvents(t *testing.T) {
	t.Parallel()
	routed := sdktest.Ask(t, router.New(func(_ *sdk.Call, m router.Message) (router.Route, error) {
		return router.Route{Providers: []string{m.Providers[1].Name, m.Providers[0].Name}, DelayS: m.Attempt}, nil
	}), sdktest.Setting{}, router.Message{Attempt: 2, Providers: []router.Provider{{Name: "a"}, {Name: "b", Up: true}}})
	if got := routed.Output.Data; len(got.Providers) != 2 || got.Providers[0] != "b" || got.DelayS != 2 {
		t.Errorf("the route: %+v", routed)
	}
	provisioned := sdktest.Ask(t, provisioner.New(func(c *sdk.Call, p provisioner.Tenant) (provisioner.References, error) {
		return provisioner.References{References: map[string]string{"crm": c.RunID + p.Slug}}, nil
	}), sdktest.Setting{}, provisioner.Tenant{Slug: "acme"})
	if provisioned.Output.Data.References["crm"] != "testacme" {
		t.Errorf("the references: %+v", provisioned)
	}
	taken := sdktest.Ask(t, subscriber.New(func(_ *sdk.Call, e subscriber.Event) (subscriber.Receipt, error) {
		if string(e.Event) == `{"id":"1"}` {
			return subscriber.Taken(), nil
		}
		return subscriber.Later(5), nil
	}), sdktest.Setting{}, subscriber.Event{Event: hostapi.RawJSON(`{"id":"1"}`)})
	if !taken.Output.Data.Acknowledged {
		t.Errorf("the event: %+v", taken)
	}
	track := tracker.New(func(c *sdk.Call, b tracker.Callback) (tracker.Verdict, error) {
		if ok, err := secret.Verify(c, "webhook", b.Body, b.Headers["x-signature"]); err != nil || !ok {
			return tracker.Deny(), err
		}
		return tracker.Reports(tracker.Report{ProviderID: b.Body, Status: hostapi.DeliveryBounced}), nil
	})
	mac := hmac.New(sha256.New, []byte("k"))
	mac.Write([]byte("id"))
	callback := tracker.Callback{Body: "id", Headers: map[string]string{"x-signature": hex.EncodeToString(mac.Sum(nil))}}
	setting := sdktest.Setting{Secrets: map[string]string{"webhook": "k"}}
	if got := sdktest.Ask(t, track, setting, callback); len(got.Output.Data.Reports) != 1 || got.Output.Data.Reports[0].ProviderID != "id" {
		t.Errorf("the callback: %+v", got)
	}
	callback.Body = "forged"
	if got := sdktest.Ask(t, track, setting, callback); got.Output.Outcome != hostapi.Deny {
		t.Errorf("a forged callback: %+v", got)
	}
	if got := sdktest.Ask(t, track, sdktest.Setting{}, callback); got.Failure != "usher:secret/v1.hmac: not_granted" {
		t.Errorf("without the secret: %+v", got)
	}
}

const post = "POST"

// send is a sender that uses every capability.
func send(c *sdk.Call, m sender.Mail) (sender.Receipt, error) {
	if id, sent, err := kv.Get(c, m.MessageID); err != nil || sent {
		return sender.Accepted(id), err
	}
	if err := telemetry.Start(c, "send", nil); err != nil {
		return sender.Receipt{}, err
	}
	response, err := http.Fetch(c, http.Request{
		Method: post, URL: "https://mail.example/v1/send", Body: `{"to":"` + m.To + `"}`, Auth: &http.Auth{Secret: "key", Prefix: "Bearer "},
	})
	if end := telemetry.End(c, err != nil); end != nil {
		return sender.Receipt{}, end
	}
	if err != nil {
		if refused, ok := errors.AsType[*sdk.Refused](err); ok && refused.Temporary() {
			return sender.Retry(refused.Reason, 30), nil
		}
		return sender.Receipt{}, err
	}
	if response.Status != 202 {
		return sender.Failed("refused"), nil
	}
	if err := telemetry.Count(c, "mails", 1, telemetry.Labels{"kind": string(m.Kind)}); err != nil {
		return sender.Receipt{}, err
	}
	id := response.Headers["x-id"]
	return sender.Accepted(id), kv.Put(c, m.MessageID, id, 3600)
}

func TestCapabilities(t *testing.T) {
	t.Parallel()
	exchange := hostapi.FixtureExchange{
		Request:  hostapi.HTTPRequest{Method: "POST", URL: "https://mail.example/v1/send", Body: `{"to": "a@b.example"}`, Auth: &hostapi.HTTPAuth{Secret: "key", Prefix: "Bearer "}},
		Response: hostapi.HTTPResponse{Status: 202, Headers: map[string]string{"x-id": "42"}},
	}
	p := sender.New(send)
	mail := sender.Mail{MessageID: "m", To: "a@b.example", Kind: hostapi.MessageInvitation}
	keys := map[string]string{"key": "x"}
	first := sdktest.Ask(t, p, sdktest.Setting{HTTP: []hostapi.FixtureExchange{exchange}, Secrets: keys}, mail)
	if first.Output.Data.ProviderID != "42" || first.KV["m"] != "42" || len(first.Metrics) != 1 || first.Metrics[0].Value != 1 || len(first.Spans) != 1 {
		t.Errorf("the first time: %+v", first)
	}
	if again := sdktest.Ask(t, p, sdktest.Setting{KV: first.KV}, mail); again.Output.Data.ProviderID != "42" {
		t.Errorf("again: %+v", again)
	}
	if got := sdktest.Ask(t, p, sdktest.Setting{}, mail); got.Failure != "usher:http/v1.fetch: not_granted" {
		t.Errorf("without the secret: %+v", got)
	}
	if got := sdktest.Ask(t, p, sdktest.Setting{KVRefused: hostapi.ReasonStore}, mail); got.Failure != "usher:kv/v1.get: unavailable" {
		t.Errorf("without the store: %+v", got)
	}
	full := sdktest.Setting{HTTP: []hostapi.FixtureExchange{exchange}, Secrets: keys, KVRefused: hostapi.ReasonQuota}
	if got := sdktest.Ask(t, p, full, mail); got.Failure != "usher:kv/v1.put: quota_exceeded" {
		t.Errorf("with a full store: %+v", got)
	}
	exchange.Refused = hostapi.ReasonNoAnswer
	if got := sdktest.Ask(t, p, sdktest.Setting{HTTP: []hostapi.FixtureExchange{exchange}, Secrets: keys}, mail); got.Output.Data.Reason != "unreachable" {
		t.Errorf("without an answer: %+v", got)
	}
	exchange.Refused, exchange.Response.Status = "", 400
	if got := sdktest.Ask(t, p, sdktest.Setting{HTTP: []hostapi.FixtureExchange{exchange}, Secrets: keys}, mail); got.Output.Data.Status != hostapi.SendFailed {
		t.Errorf("refused: %+v", got)
	}
}
