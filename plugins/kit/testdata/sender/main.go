//go:build wasip1

// Command sender is a guest that uses every capability: it sends mails by HTTP, keeps
// what they are called there, and counts them.
package main

import (
	"errors"

	"github.com/usher-id/usher/sdk"
	"github.com/usher-id/usher/sdk/http"
	"github.com/usher-id/usher/sdk/kv"
	"github.com/usher-id/usher/sdk/secret"
	"github.com/usher-id/usher/sdk/sender"
	"github.com/usher-id/usher/sdk/telemetry"
)

var plugin = sender.New(send)

//go:wasmexport usher_message_send
func messageSend() int32 { return plugin.Serve() }

func main() {}

func send(c *sdk.Call, m sender.Mail) (sender.Receipt, error) {
	if err := telemetry.Start(c, "send", telemetry.Labels{"provider": m.Provider}); err != nil {
		return sender.Receipt{}, err
	}
	mac, err := secret.HMAC(c, "key", m.MessageID)
	if err != nil {
		return sender.Receipt{}, err
	}
	response, err := http.Fetch(c, http.Request{
		Method: "POST", URL: "https://mail.example/v1/send", Headers: map[string]string{"x-mac": mac, "content-type": "application/json"},
		Body: `{"to":"` + m.To + `"}`, Auth: &http.Auth{Secret: "key", Prefix: "Bearer "},
	})
	if err != nil {
		if refused, ok := errors.AsType[*sdk.Refused](err); ok && refused.Temporary() {
			c.Warn(refused.Error())
			return sender.Retry(refused.Reason, 30), nil
		}
		return sender.Receipt{}, err
	}
	if err := telemetry.Count(c, "mails", 1, telemetry.Labels{"result": "sent"}); err != nil {
		return sender.Receipt{}, err
	}
	return keep(c, m.MessageID, response.Headers["x-id"])
}

// keep keeps an id, reads it back and forgets it.
func keep(c *sdk.Call, key, id string) (sender.Receipt, error) {
	if err := kv.Put(c, key, id, 3600); err != nil {
		return sender.Receipt{}, err
	}
	id, there, err := kv.Get(c, key)
	if err != nil || !there {
		return sender.Failed("not_kept"), err
	}
	if err := kv.Delete(c, key); err != nil {
		return sender.Receipt{}, err
	}
	return sender.Accepted(id), telemetry.End(c, false)
}
