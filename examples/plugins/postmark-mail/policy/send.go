package policy

import (
	"errors"
	"strconv"
	"strings"

	"github.com/usher-id/usher/sdk"
	"github.com/usher-id/usher/sdk/http"
	"github.com/usher-id/usher/sdk/json"
	"github.com/usher-id/usher/sdk/sender"
)

// Send hands over one mail (https://postmarkapp.com/developer/api/email-api).
func Send(c *sdk.Call, m sender.Mail) (sender.Receipt, error) {
	answer, err := http.Fetch(c, http.Request{
		Method: "POST", URL: "https://api.postmarkapp.com/email", Body: body(c, m),
		Headers: map[string]string{"Content-Type": "application/json", "Accept": "application/json"},
		Auth:    &http.Auth{Secret: "server_token", Header: "X-Postmark-Server-Token"},
	})
	if refused, ok := errors.AsType[*sdk.Refused](err); ok && refused.Temporary() {
		return sender.Retry(refused.Reason, 0), nil
	}
	if err != nil {
		return sender.Receipt{}, err // a grant is missing: the next provider has the mail, and on-call the words
	}
	return receipt(answer), nil
}

// body writes the mail. TrackLinks would put addresses of Postmark's in the place of links that work once.
func body(c *sdk.Call, m sender.Mail) string {
	b := []byte{'{'}
	for _, member := range []struct{ name, value string }{
		{"From", mailbox(m)},
		{"To", m.To},
		{"Subject", m.Subject},
		{"TextBody", m.Text},
		{"HtmlBody", m.HTML},
		{"MessageStream", stream(c, m)},
		{"Tag", string(m.Kind)},
		{"TrackLinks", "None"},
	} {
		b = json.AppendString(append(b, `"`+member.name+`":`...), member.value)
		b = append(b, ',')
	}
	b = json.AppendString(append(b, `"TrackOpens":false,"Metadata":{"message_id":`...), m.MessageID)
	return string(append(b, "}}"...))
}

// stream is Postmark's message stream for a kind of mail.
func stream(c *sdk.Call, m sender.Mail) string {
	if s := c.ConfigMap("streams", nil)[string(m.Kind)]; s != "" {
		return s
	}
	return c.ConfigText("stream", "outbound")
}

// mailbox writes who a mail is from as a header of a mail does (RFC 5322).
func mailbox(m sender.Mail) string {
	if m.From.Name == "" {
		return m.From.Email
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\r", " ", "\n", " ").Replace(m.From.Name) + `" <` + m.From.Email + ">"
}

// receipt says what an answer means: whether this mail, this recipient or our account is at fault.
func receipt(answer http.Response) sender.Receipt {
	code := json.Text(answer.Body, "ErrorCode")
	switch status := answer.Status; {
	case status == 200: // though its words may be lost: nobody wants the mail twice
		return sender.Accepted(json.Text(answer.Body, "MessageID"))
	case status == 429 || status >= 500:
		return sender.Retry("status_"+strconv.Itoa(status), seconds(answer.Headers["retry-after"]))
	case status == 422 && (code == "300" || code == "406"): // no address; one that bounced or complained before
		return sender.Failed("error_" + code)
	case status == 422 && number(code):
		return sender.Refused("error_"+code, 0) // the sender is not confirmed, no credits, no such stream: so it is for every mail
	}
	return sender.Refused("status_"+strconv.Itoa(answer.Status), 0)
}

func number(text string) bool {
	_, err := strconv.ParseUint(text, 10, 32)
	return err == nil
}

// seconds reads a Retry-After; a date is none, and leaves the time to the host.
func seconds(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0
	}
	return min(n, 24*60*60)
}
