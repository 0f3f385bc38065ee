package policy

import (
	"errors"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/sdk"
	"github.com/usher-id/usher/sdk/json"
	"github.com/usher-id/usher/sdk/secret"
	"github.com/usher-id/usher/sdk/tracker"
)

// proof is what the header of a callback must be the HMAC of, under the secret callbacks. Postmark signs nothing,
// but sends a header of the operator's choice along: the README says how to make its value.
const proof = "postmark-mail"

// Track reads one callback (https://postmarkapp.com/developer/webhooks/webhooks-overview).
func Track(c *sdk.Call, b tracker.Callback) (tracker.Verdict, error) {
	if genuine, err := secret.Verify(c, "callbacks", proof, b.Headers["x-usher-callback"]); err != nil || !genuine {
		return tracker.Deny(), err
	}
	kind := json.Text(b.Body, "RecordType")
	if kind == "" {
		return tracker.Verdict{}, errors.New("the callback has no RecordType")
	}
	r := tracker.Report{
		MessageID: json.Text(b.Body, "Metadata", "message_id"), ProviderID: json.Text(b.Body, "MessageID"),
	}
	switch cause := json.Text(b.Body, "Type"); kind {
	case "Delivery":
		r.Status, r.At = hostapi.DeliveryDelivered, json.Text(b.Body, "DeliveredAt")
	case "SpamComplaint":
		r.Status, r.At = hostapi.DeliveryComplained, json.Text(b.Body, "BouncedAt")
	case "Bounce":
		r.Status, r.Reason, r.At = bounced(cause), snake(cause), json.Text(b.Body, "BouncedAt")
	default: // somebody opened a mail, or changed a subscription
		return tracker.Reports(), nil
	}
	return tracker.Reports(r), nil
}

// bounced tells from the type of a bounce whether Postmark goes on trying.
func bounced(cause string) hostapi.DeliveryStatus {
	switch cause {
	case "Transient", "DnsError", "SoftBounce", "Undetermined":
		return hostapi.DeliveryDeferred
	case "SpamNotification", "SpamComplaint":
		return hostapi.DeliveryComplained
	}
	return hostapi.DeliveryBounced
}

// snake writes HardBounce as hard_bounce; anything but letters is left out.
func snake(name string) string {
	var b []byte
	for _, c := range []byte(name) {
		switch {
		case c >= 'A' && c <= 'Z' && len(b) > 0:
			b = append(b, '_', c|0x20)
		case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z':
			b = append(b, c|0x20)
		}
	}
	return string(b[:min(len(b), hostapi.MaxSendReason)])
}
