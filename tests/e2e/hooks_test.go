package e2e_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	"github.com/santhosh-tekuri/jsonschema/v6"
	standard "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/usher-id/usher/tests/hosttest"
)

const eventStream = "GET /v1/tenants/{tenant_id}/events/stream"

// eventsLeave has one tenant's events sent to an address, and streamed, and both say the same in the same order.
func eventsLeave(t *testing.T, h *hosttest.Host) {
	x := newTenant(t, h)
	type delivery struct {
		header http.Header
		body   []byte
	}
	got := make(chan delivery, 100)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- delivery{r.Header, body}
	}))
	t.Cleanup(receiver.Close)
	stream := streamOf(t, x)
	var hook struct{ ID, Secret string }
	x.client().Post(x.path("/webhooks"), hosttest.Object{"url": receiver.URL, "types": []string{"activation.InvitationCreated", "activation.InvitationRevoked"}}).
		Want(201).Into(&hook)
	verifier, err := standard.NewWebhook(hook.Secret)
	if err != nil {
		t.Fatal(err)
	}
	x.client().Delete(x.path("/invitations/" + x.invite(newAddress("guest")))).Want(204)
	for e := range stream { // what was committed just before may be told too
		if e.Type() == "activation.WebhookAdded" {
			break
		}
	}
	for _, want := range []string{"activation.InvitationCreated", "activation.InvitationRevoked"} {
		var d delivery
		select {
		case d = <-got:
		case <-time.After(time.Minute):
			t.Fatalf("no %s was sent", want)
		}
		if err := verifier.Verify(d.body, d.header); err != nil {
			t.Error(err)
		}
		var sent cloudevents.Event
		if err := sent.UnmarshalJSON(d.body); err != nil {
			t.Fatal(err)
		}
		told := <-stream
		equal(t, "sent", sent.Type(), want)
		equal(t, "streamed", told.ID()+told.Type(), sent.ID()+sent.Type())
		equal(t, "id of the message", d.header.Get("Webhook-Id"), sent.ID())
		conforms(t, h, sent)
	}
	var tried struct{ Status int }
	x.client().Post(x.path("/webhooks/"+hook.ID+"/test"), nil).Want(200).Into(&tried)
	equal(t, "status of the test", tried.Status, 200)
	managesItsHook(t, x, hook.ID)
	stranger := newTenant(t, h)
	stranger.client().Get(x.path("/webhooks/" + hook.ID)).Want(404)
	stranger.client().Get(x.path("/events/stream")).Want(404)
	stranger.client().Get("/v1/tenants/" + stranger.id + "/webhooks/" + hook.ID).Want(404)

	x.client().Delete("/v1/sessions/current").Want(204)
	for e := range stream { // it ends with the session; what came meanwhile may still be told
		if e.Type() == "activation.InvitationCreated" {
			t.Errorf("told %s", e)
		}
	}
}

// managesItsHook does with an endpoint what its owner can, up to the end of it.
func managesItsHook(t *testing.T, x *tenant, id string) {
	t.Helper()
	hook := x.path("/webhooks/" + id)
	equal(t, "listed", x.client().Get(x.path("/webhooks")).Want(200).Text("data", 0, "id"), id)
	old := x.client().Get(hook).Want(200)
	equal(t, "its secret", old.Text("secret"), "")
	changed := x.client().Do(http.MethodPatch, hook, hosttest.Object{"types": []string{}, "enabled": false}).Want(200)
	equal(t, "changed", changed.Text("status")+" "+changed.Text("disabled_reason"), "disabled owner")
	x.client().Do(http.MethodPatch, hook, hosttest.Object{"enabled": true, "version": 1}).Problem(409, "conflict")
	if rotated := x.client().Post(hook+"/rotate", hosttest.Object{"overlap_seconds": 0}).Want(200); !strings.HasPrefix(rotated.Text("secret"), "whsec_") {
		t.Errorf("the new secret is %q", rotated.Text("secret"))
	}
	if again := x.client().Post(hook+"/replay", hosttest.Object{"since": "2026-01-01T00:00:00Z"}).Want(202); again.Text("events") == "0" {
		t.Error("nothing is sent again")
	}
	equal(t, "the test among the deliveries", x.client().Get(hook+"/deliveries").Want(200).Text("data", 0, "status"), "200")
	x.client().Delete(hook).Want(204)
	x.client().Get(hook).Problem(404, "not_found")
}

// streamOf reads a tenant's stream until it ends.
func streamOf(t *testing.T, x *tenant) <-chan cloudevents.Event {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, x.host.URL+x.path("/events/stream"), nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+x.owner.Session.AccessToken)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "status of the stream", response.StatusCode, 200)
	told := make(chan cloudevents.Event, 100)
	go func() {
		defer close(told)
		defer response.Body.Close()
		for lines := bufio.NewScanner(response.Body); lines.Scan(); {
			text, is := strings.CutPrefix(lines.Text(), "data: ")
			if !is {
				continue
			}
			var e cloudevents.Event
			if err := e.UnmarshalJSON([]byte(text)); err != nil {
				t.Error(err)
			}
			told <- e
		}
	}()
	return told
}

// conforms wants the data of an event to be as the schema says that the host serves.
func conforms(t *testing.T, h *hosttest.Host, e cloudevents.Event) {
	t.Helper()
	answer, err := http.Get(e.DataSchema())
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	schema, err := jsonschema.UnmarshalJSON(answer.Body)
	if err != nil || !strings.HasPrefix(e.DataSchema(), h.URL+"/events/schemas/") {
		t.Fatal(e.DataSchema(), err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(e.DataSchema(), schema); err != nil {
		t.Fatal(err)
	}
	judge, err := c.Compile(e.DataSchema())
	if err != nil {
		t.Fatal(err)
	}
	data, err := jsonschema.UnmarshalJSON(bytes.NewReader(e.Data()))
	if err == nil {
		err = judge.Validate(data)
	}
	if err != nil || !json.Valid(e.Data()) {
		t.Errorf("%s: %s: %v", e.Type(), e.Data(), err)
	}
}
