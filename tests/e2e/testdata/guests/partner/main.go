// Command partner is a guest for tests: it adapts another company's API at every hook that
// calls out but mail. People sign in there, new tenants get an account there, and events are
// sent there.
package main

import (
	"encoding/json"
	"errors"
	"net/url"
	"strconv"

	"github.com/usher-id/usher/sdk"
	"github.com/usher-id/usher/sdk/authenticator"
	"github.com/usher-id/usher/sdk/http"
	"github.com/usher-id/usher/sdk/provisioner"
	"github.com/usher-id/usher/sdk/subscriber"
)

var (
	begins   = authenticator.NewBegin(begin)
	finishes = authenticator.NewFinish(finish)
	tenants  = provisioner.New(provision)
	events   = subscriber.New(deliver)
)

func begin(c *sdk.Call, q authenticator.Begin) (authenticator.Redirect, error) {
	query := url.Values{
		"response_type": {"code"}, "redirect_uri": {q.CallbackURL}, "state": {q.State}, "nonce": {q.Nonce},
		"code_challenge": {q.Challenge}, "code_challenge_method": {"S256"},
	}
	return authenticator.Redirect{URL: c.ConfigText("base", "") + "/authorize?" + query.Encode(), Private: "kept"}, nil
}

func finish(c *sdk.Call, q authenticator.Finish) (authenticator.Identity, error) {
	if q.Private != "kept" {
		return authenticator.Identity{}, errors.New("what was kept is lost")
	}
	var who authenticator.Identity
	return who, post(c, "/token", map[string]string{"code": q.Query["code"], "code_verifier": q.Verifier}, &who)
}

func provision(c *sdk.Call, t provisioner.Tenant) (provisioner.References, error) {
	var account struct{ ID string }
	if err := post(c, "/accounts", map[string]string{"id": t.TenantID, "name": t.Name}, &account); err != nil {
		return provisioner.References{}, err
	}
	return provisioner.References{References: map[string]string{"account": account.ID}}, nil
}

func deliver(c *sdk.Call, e subscriber.Event) (subscriber.Receipt, error) {
	if err := post(c, "/events", e.Event, nil); err != nil {
		return subscriber.Later(1), nil
	}
	return subscriber.Taken(), nil
}

// post asks the partner, with the secret that the operator granted.
func post(c *sdk.Call, path string, body, answer any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	response, err := http.Fetch(c, http.Request{
		Method: "POST", URL: c.ConfigText("base", "") + path, Headers: map[string]string{"Content-Type": "application/json"}, Body: string(text),
		Auth: &http.Auth{Secret: "key", Prefix: "Bearer "},
	})
	switch {
	case err != nil:
		return err
	case response.Status != 200:
		return errors.New("the partner answered " + strconv.Itoa(response.Status))
	case answer == nil:
		return nil
	}
	return json.Unmarshal([]byte(response.Body), answer)
}

//go:wasmexport usher_identity_begin
func identityBegin() int32 { return begins.Serve() }

//go:wasmexport usher_identity_finish
func identityFinish() int32 { return finishes.Serve() }

//go:wasmexport usher_tenant_provision
func tenantProvision() int32 { return tenants.Serve() }

//go:wasmexport usher_event_deliver
func eventDeliver() int32 { return events.Serve() }

func main() {}
