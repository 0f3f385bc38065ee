package policy_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"postmark-mail/policy"
	"strings"
	"testing"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/sdk/http"
	"github.com/usher-id/usher/sdk/sdktest"
	"github.com/usher-id/usher/sdk/sender"
	"github.com/usher-id/usher/sdk/tracker"
)

func setting(response hostapi.HTTPResponse) sdktest.Setting {
	return sdktest.Setting{
		Secrets: map[string]string{"server_token": "k", "callbacks": "c"},
		HTTP: []hostapi.FixtureExchange{{
			Request:  http.Request{URL: "https://api.postmarkapp.com/email", Auth: &http.Auth{Secret: "server_token", Header: "X-Postmark-Server-Token"}},
			Response: response,
		}},
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		status      int
		after, body string
		want        sender.Receipt
	}{
		"accepted":               {200, "", `{"ErrorCode":0,"MessageID":"id"}`, sender.Accepted("id")},
		"an answer that is none": {200, "", `<html>`, sender.Accepted("")},
		"the token":              {401, "", `{"ErrorCode":10}`, sender.Refused("status_401", 0)},
		"the recipient":          {422, "", `{"ErrorCode":406}`, sender.Failed("error_406")},
		"the address":            {422, "", `{"ErrorCode":300}`, sender.Failed("error_300")},
		"the sender":             {422, "", `{"ErrorCode":400}`, sender.Refused("error_400", 0)},
		"a strange code":         {422, "", `{"ErrorCode":"grace@engines.example"}`, sender.Refused("status_422", 0)},
		"too much":               {429, "30", ``, sender.Retry("status_429", 30)},
		"down":                   {503, "Thu, 10 Jan 2030 13:00:00 GMT", ``, sender.Retry("status_503", 0)},
		"down for long":          {500, "999999", ``, sender.Retry("status_500", hostapi.MaxRetryAfter)},
	} {
		s := setting(hostapi.HTTPResponse{Status: tc.status, Headers: map[string]string{"retry-after": tc.after}, Body: tc.body})
		if got := sdktest.Ask(t, sender.New(policy.Send), s, sender.Mail{}); got.Output.Data != tc.want || got.Failure != "" {
			t.Errorf("%s: %+v, want %+v", name, got, tc.want)
		}
	}
	if got := sdktest.Ask(t, sender.New(policy.Send), sdktest.Setting{}, sender.Mail{}); got.Failure != "usher:http/v1.fetch: not_granted" {
		t.Errorf("without a grant: %+v", got)
	}
}

// TestFrom reads the mailbox back as a mail server would.
func TestFrom(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"": "a@b.example", "Ada": `"Ada" <a@b.example>`, "A \"L\" \\\r\nBcc: x": `"A \"L\" \\  Bcc: x" <a@b.example>`,
	} {
		s := setting(hostapi.HTTPResponse{Status: 200, Body: `{"ErrorCode":0}`})
		text, err := json.Marshal(map[string]any{
			"From": want, "To": "", "Subject": "", "TextBody": "", "HtmlBody": "", "MessageStream": "outbound", "Tag": "",
			"TrackLinks": "None", "TrackOpens": false, "Metadata": map[string]string{"message_id": ""},
		})
		if err != nil {
			t.Fatal(err)
		}
		s.HTTP[0].Request.Body = string(text)
		sdktest.Ask(t, sender.New(policy.Send), s, sender.Mail{From: hostapi.MailAddress{Name: name, Email: "a@b.example"}})
	}
}

func TestTrack(t *testing.T) {
	t.Parallel()
	mac := hmac.New(sha256.New, []byte("c"))
	mac.Write([]byte("postmark-mail"))
	proof := hex.EncodeToString(mac.Sum(nil))
	for body, want := range map[string]string{
		`{"RecordType":"Delivery","MessageID":"p"}`:                        "delivered ",
		`{"RecordType":"Bounce","Type":"HardBounce"}`:                      "bounced hard_bounce",
		`{"RecordType":"Bounce","Type":"Transient"}`:                       "deferred transient",
		`{"RecordType":"Bounce","Type":"SpamNotification"}`:                "complained spam_notification",
		`{"RecordType":"Bounce","Type":"` + strings.Repeat("x", 99) + `"}`: "bounced " + strings.Repeat("x", 64),
		`{"RecordType":"SpamComplaint"}`:                                   "complained ",
		`{"RecordType":"Open"}`:                                            "",
	} {
		got := sdktest.Ask(t, tracker.New(policy.Track), sdktest.Setting{Secrets: map[string]string{"callbacks": "c"}}, tracker.Callback{Body: body, Headers: map[string]string{"x-usher-callback": proof}})
		said := ""
		for _, r := range got.Output.Data.Reports {
			said += string(r.Status) + " " + r.Reason
		}
		if said != want || got.Failure != "" {
			t.Errorf("%s: %q, want %q: %+v", body, said, want, got)
		}
	}
}
