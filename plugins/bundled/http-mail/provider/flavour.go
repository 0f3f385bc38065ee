package provider

import (
	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/sdk/http"
)

// The secrets that the operator gives.
const (
	secretAPI       = "api"       // the provider's key, put into each request
	secretCallbacks = "callbacks" // what callbacks are proved with
)

// flavour is what is particular to the API of one provider.
type flavour struct {
	origin, path string // of the endpoint; the operator may name another origin
	auth         http.Auth
	headers      map[string]string
	form         bool   // the body is a form, or else JSON
	body         string // with marks such as $to where a value belongs
	answer       answer
	events       events
	proof        string // how its callbacks are proved, unless the operator says otherwise
}

// answer is where the things are that the provider answers a mail with.
type answer struct {
	id       []string // members that lead to the provider's id of the mail
	idHeader string   // or the header that has it, in lower case
	code     []string // members that lead to the provider's own number of an error
	refusing []string // those of them that concern every mail of ours
}

// events is the form of the provider's callbacks.
type events struct {
	list   bool       // the callback is an array of events
	inside []string   // members that lead to an event
	kind   [][]string // members that make up the kind of an event, joined by a slash
	// statuses are by kind, or by its first part; of other kinds nothing is reported.
	statuses               map[string]hostapi.DeliveryStatus
	mail, id, reason       []string // the message_id that we sent along, the provider's id, a word for the cause
	idEnds                 []string // an id ends where one of these begins
	signature              []string // of the payload, an HMAC of what follows
	signedTime, signedRest []string
}

// flavourOf gives a flavour by its name in the config.
func flavourOf(name string) (flavour, bool) {
	switch name {
	case "postmark":
		return postmark(), true
	case "sendgrid":
		return sendgrid(), true
	case "mailgun":
		return mailgun(), true
	}
	return flavour{}, false
}

// In every flavour the provider is told not to count clicks: it would put addresses of its own
// in the place of links that work once.

func postmark() flavour {
	return flavour{
		origin: "https://api.postmarkapp.com", path: "/email",
		auth:    http.Auth{Secret: secretAPI, Header: "X-Postmark-Server-Token"},
		headers: map[string]string{"Accept": "application/json"},
		body: `{"From":$from,"To":$to,"Subject":$subject,"TextBody":$text,"HtmlBody":$html,"MessageStream":$stream,` +
			`"Tag":$kind,"TrackOpens":false,"TrackLinks":"None","Metadata":{"message_id":$message_id}}`,
		answer: answer{
			id: []string{"MessageID"}, code: []string{"ErrorCode"},
			refusing: []string{"400", "401", "405", "412"}, // the sender is unknown or unconfirmed, no credits, not approved
		},
		events: events{
			kind: [][]string{{"RecordType"}, {"Type"}},
			statuses: map[string]hostapi.DeliveryStatus{
				"Delivery": hostapi.DeliveryDelivered, "Bounce": hostapi.DeliveryBounced, "Bounce/Transient": hostapi.DeliveryDeferred,
				"Bounce/SpamComplaint": hostapi.DeliveryComplained, "SpamComplaint": hostapi.DeliveryComplained,
			},
			mail: []string{"Metadata", "message_id"}, id: []string{"MessageID"}, reason: []string{"Type"},
		},
		proof: proofBasic,
	}
}

func sendgrid() flavour {
	return flavour{
		origin: "https://api.sendgrid.com", path: "/v3/mail/send",
		auth: http.Auth{Secret: secretAPI, Prefix: "Bearer "},
		body: `{"personalizations":[{"to":[{"email":$to}],"custom_args":{"message_id":$message_id}}],` +
			`"from":{"email":$from_email,"name":$from_name},"subject":$subject,"categories":[$kind],` +
			`"content":[{"type":"text/plain","value":$text},{"type":"text/html","value":$html}],` +
			`"tracking_settings":{"click_tracking":{"enable":false,"enable_text":false},"open_tracking":{"enable":false}}}`,
		answer: answer{idHeader: "x-message-id"},
		events: events{
			list: true, kind: [][]string{{"event"}},
			statuses: map[string]hostapi.DeliveryStatus{
				"delivered": hostapi.DeliveryDelivered, "deferred": hostapi.DeliveryDeferred, "bounce": hostapi.DeliveryBounced,
				"dropped": hostapi.DeliveryBounced, "spamreport": hostapi.DeliveryComplained,
			},
			mail: []string{"message_id"}, id: []string{"sg_message_id"}, reason: []string{"bounce_classification"},
			idEnds: []string{".filter", ".recvd"},
		},
		proof: proofBasic,
	}
}

func mailgun() flavour {
	return flavour{
		origin: "https://api.mailgun.net", path: "/v3/$domain/messages",
		auth: http.Auth{Secret: secretAPI, BasicUser: "api"},
		form: true,
		body: "from=$from&to=$to&subject=$subject&text=$text&html=$html&o%3Atag=$kind" +
			"&o%3Atracking-clicks=no&o%3Atracking-opens=no&v%3Amessage_id=$message_id",
		answer: answer{id: []string{"id"}},
		events: events{
			inside: []string{"event-data"}, kind: [][]string{{"event"}, {"severity"}},
			statuses: map[string]hostapi.DeliveryStatus{
				"delivered": hostapi.DeliveryDelivered, "failed": hostapi.DeliveryBounced, "failed/temporary": hostapi.DeliveryDeferred,
				"complained": hostapi.DeliveryComplained,
			},
			mail: []string{"user-variables", "message_id"}, id: []string{"message", "headers", "message-id"}, reason: []string{"reason"},
			signature:  []string{"signature", "signature"},
			signedTime: []string{"signature", "timestamp"}, signedRest: []string{"signature", "token"},
		},
		proof: proofPayload,
	}
}
