package provider_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/plugins/bundled/http-mail/provider"
	"github.com/usher-id/usher/sdk/sdktest"
	"github.com/usher-id/usher/sdk/sender"
	"github.com/usher-id/usher/sdk/tracker"
)

const link = "https://link.usher.invalid/a?b=c&d"

func secrets() map[string]string { return map[string]string{"api": "k", "callbacks": "c"} }

func macOf(text string) string {
	mac := hmac.New(sha256.New, []byte("c"))
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}

// send answers the one request of a mail with this, and gives what became of the mail.
func send(t *testing.T, config string, request hostapi.HTTPRequest, response hostapi.HTTPResponse, m sender.Mail) sender.Receipt {
	t.Helper()
	got := sdktest.Ask(t, sender.New(provider.Send), sdktest.Setting{
		Config: config, Secrets: secrets(), HTTP: []hostapi.FixtureExchange{{Request: request, Response: response}},
	}, m)
	if got.Failure != "" {
		t.Fatal(got.Failure)
	}
	return got.Output.Data
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", hostapi.MaxProviderID+1)
	for name, tc := range map[string]struct {
		status      int
		after, body string
		want        sender.Receipt
	}{
		"accepted":              {200, "", `{"MessageID":"id"}`, sender.Accepted("id")},
		"without an id":         {202, "", "", sender.Accepted("")},
		"with too long an id":   {200, "", `{"MessageID":"` + long + `"}`, sender.Accepted("")},
		"with a broken id":      {200, "", `{"MessageID":"a\nb"}`, sender.Accepted("")},
		"in brackets":           {200, "", `{"MessageID":"<a@b.example>"}`, sender.Accepted("a@b.example")},
		"a redirect":            {302, "", "", sender.Refused("status_302", 0)},
		"a bad request":         {400, "", "", sender.Failed("status_400")},
		"the key":               {401, "", "", sender.Refused("status_401", 0)},
		"the bill":              {402, "", "", sender.Refused("status_402", 0)},
		"the account":           {403, "9", "", sender.Refused("status_403", 0)},
		"the address":           {404, "", "", sender.Refused("status_404", 0)},
		"too slow":              {408, "", "", sender.Retry("status_408", 0)},
		"too large":             {413, "", "", sender.Failed("status_413")},
		"this mail":             {422, "", `{"ErrorCode":300}`, sender.Failed("error_300")},
		"this sender":           {422, "", `{"ErrorCode":400}`, sender.Refused("error_400", 0)},
		"a strange code":        {422, "", `{"ErrorCode":"a@b.example"}`, sender.Failed("error_a_b_example")},
		"too many":              {429, "7", "", sender.Retry("status_429", 7)},
		"for very long":         {429, "9999999", "", sender.Retry("status_429", hostapi.MaxRetryAfter)},
		"for less than no time": {429, "-1", "", sender.Retry("status_429", 0)},
		"until a date":          {503, "Wed, 02 Jan 2030 15:04:05 GMT", "", sender.Retry("status_503", 0)},
		"broken":                {500, "", "<html>", sender.Retry("status_500", 0)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			response := hostapi.HTTPResponse{Status: tc.status, Headers: map[string]string{}, Body: tc.body}
			if tc.after != "" {
				response.Headers["retry-after"] = tc.after
			}
			if got := send(t, `{"flavour":"postmark"}`, hostapi.HTTPRequest{Method: "POST"}, response, sender.Mail{}); got != tc.want {
				t.Errorf("%+v, want %+v", got, tc.want)
			}
		})
	}
}

// TestValuesAreHarmless has values in them that mean something in JSON, a form or a header.
func TestValuesAreHarmless(t *testing.T) {
	t.Parallel()
	m := sender.Mail{
		MessageID: "m", Kind: hostapi.MessageInvitation, From: hostapi.MailAddress{Name: "A \"B\" \\ $to\r\nBcc: x", Email: "a@b.example"},
		To: "c@d.example", Subject: `","To":"evil" & $text =%0a+ü`, Text: link, HTML: "<p>" + link,
	}
	const from = `"A \"B\" \\ $to  Bcc: x" <a@b.example>`
	body, err := json.Marshal(map[string]any{
		"From": from, "To": m.To, "Subject": m.Subject, "TextBody": m.Text, "HtmlBody": m.HTML, "MessageStream": "s", "Tag": "invitation",
		"TrackOpens": false, "TrackLinks": "None", "Metadata": map[string]string{"message_id": "m"},
	})
	if err != nil {
		t.Fatal(err)
	}
	accepted := hostapi.HTTPResponse{Status: 200}
	send(t, `{"flavour":"postmark","stream":"s"}`, hostapi.HTTPRequest{URL: "https://api.postmarkapp.com/email", Body: string(body)}, accepted, m)

	form := ""
	for _, pair := range [][2]string{
		{"from", from},
		{"to", m.To},
		{"subject", m.Subject},
		{"text", m.Text},
		{"html", m.HTML},
		{"o:tag", "invitation"},
		{"o:tracking-clicks", "no"},
		{"o:tracking-opens", "no"},
		{"v:message_id", "m"},
	} {
		form += "&" + url.QueryEscape(pair[0]) + "=" + strings.ReplaceAll(url.QueryEscape(pair[1]), "+", "%20")
	}
	send(t, `{"flavour":"mailgun","origin":"http://127.0.0.1:1","domain":"a/../b"}`,
		hostapi.HTTPRequest{URL: "http://127.0.0.1:1/v3/a%2F..%2Fb/messages", Body: form[1:]}, accepted, m)
}

func TestWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	p := sender.New(provider.Send)
	refused := sdktest.Ask(t, p, sdktest.Setting{Config: `{"flavour":"sendgrid"}`}, sender.Mail{})
	if got := refused.Output.Data; got != sender.Refused(hostapi.ReasonNotGranted, 0) || len(refused.Lines) != 1 {
		t.Errorf("without the secret: %+v", refused)
	}
	if got := sdktest.Ask(t, p, sdktest.Setting{Config: `{"flavour":"carrier-pigeon"}`}, sender.Mail{}); !strings.Contains(got.Failure, "config.flavour") {
		t.Errorf("of no flavour: %+v", got)
	}
}

func track(t *testing.T, config string, c tracker.Callback) sdktest.Result[hostapi.MessageReports] {
	t.Helper()
	setting := sdktest.Setting{Config: config, Secrets: secrets(), Now: time.Unix(1_900_000_000, 0)}
	return sdktest.Ask(t, tracker.New(provider.Track), setting, c)
}

func TestProofs(t *testing.T) {
	t.Parallel()
	token := macOf("usher-callbacks")
	const body = `{"RecordType":"Delivery","MessageID":"x"}`
	basic := func(pair string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(pair)) }
	for name, tc := range map[string]struct {
		config, header, value string
		want                  hostapi.Outcome
	}{
		"the password":       {"", "authorization", basic("u:" + token), hostapi.Continue},
		"without a user":     {"", "authorization", basic(":" + token), hostapi.Continue},
		"another password":   {"", "authorization", basic("u:" + macOf("x")), hostapi.Deny},
		"the secret itself":  {"", "authorization", basic("u:c"), hostapi.Deny},
		"an empty password":  {"", "authorization", basic("u:"), hostapi.Deny},
		"no colon":           {"", "authorization", basic(token), hostapi.Deny},
		"no base64":          {"", "authorization", "Basic !!" + token, hostapi.Deny},
		"another scheme":     {"", "authorization", "Bearer " + token, hostapi.Deny},
		"nothing":            {"", "x-other", token, hostapi.Deny},
		"the token":          {`,"callback_proof":"token"`, "x-usher-callback", token, hostapi.Continue},
		"another token":      {`,"callback_proof":"token"`, "x-usher-callback", "ff", hostapi.Deny},
		"no token":           {`,"callback_proof":"token","callback_header":"x-a"`, "x-usher-callback", token, hostapi.Deny},
		"a signed body":      {`,"callback_proof":"body","callback_header":"x-a"`, "x-a", macOf(body), hostapi.Continue},
		"the token for it":   {`,"callback_proof":"body","callback_header":"x-a"`, "x-a", token, hostapi.Deny},
		"an empty signature": {`,"callback_proof":"body","callback_header":"x-a"`, "x-a", "", hostapi.Deny},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := track(t, `{"flavour":"postmark"`+tc.config+`}`, tracker.Callback{Headers: map[string]string{tc.header: tc.value}, Body: body})
			if got.Failure != "" || got.Output.Outcome != tc.want {
				t.Errorf("%+v, want %s", got, tc.want)
			}
			if reported := len(got.Output.Data.Reports) == 1; reported != (tc.want == hostapi.Continue) {
				t.Errorf("reports %+v", got.Output.Data)
			}
		})
	}
}

func TestFreshness(t *testing.T) {
	t.Parallel()
	for at, want := range map[int64]hostapi.Outcome{1_900_000_000: hostapi.Continue, 1_900_000_000 - 43_201: hostapi.Deny} {
		text := strconv.FormatInt(at, 10)
		got := track(t, `{"flavour":"mailgun","domain":"d"}`, tracker.Callback{
			Body: `{"signature":{"timestamp":"` + text + `","token":"t","signature":"` + macOf(text+"t") + `"},"event-data":{"event":"opened"}}`,
		})
		if got.Output.Outcome != want || len(got.Output.Data.Reports) != 0 {
			t.Errorf("signed at %d: %+v", at, got)
		}
	}
}

func TestManyEvents(t *testing.T) {
	t.Parallel()
	event := `{"event":"delivered","sg_message_id":"a.b.recvd-1"}`
	body := "[" + strings.Repeat(event+",", hostapi.MaxStatusReports) + event + `,{"event":"delivered"}]`
	token := base64.StdEncoding.EncodeToString([]byte("u:" + macOf("usher-callbacks")))
	got := track(t, `{"flavour":"sendgrid"}`, tracker.Callback{Headers: map[string]string{"authorization": "Basic " + token}, Body: body}).Output.Data.Reports
	if len(got) != hostapi.MaxStatusReports || got[0].ProviderID != "a.b" {
		t.Errorf("%d reports, the first is %+v", len(got), got[:min(1, len(got))])
	}
}
