package provider

import (
	"errors"
	"strconv"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/sdk"
	"github.com/usher-id/usher/sdk/http"
	"github.com/usher-id/usher/sdk/json"
	"github.com/usher-id/usher/sdk/sender"
)

// Send hands a mail to the provider and says what its answer means.
func Send(call *sdk.Call, m sender.Mail) (sender.Receipt, error) {
	f, err := configured(call)
	if err != nil {
		return sender.Receipt{}, err
	}
	response, err := http.Fetch(call, f.request(call, m))
	if err == nil {
		return f.receipt(response), nil
	}
	refused, ok := errors.AsType[*sdk.Refused](err)
	switch {
	case !ok:
		return sender.Receipt{}, err
	case refused.Temporary():
		return sender.Retry(refused.Reason, 0), nil
	}
	call.Error(refused.Error())
	return sender.Refused(refused.Reason, 0), nil // a grant is missing: so it is for every mail
}

// configured is the flavour that the operator chose.
func configured(call *sdk.Call) (flavour, error) {
	name := call.ConfigText("flavour", "")
	f, ok := flavourOf(name)
	if !ok {
		return f, errors.New("config.flavour is none of postmark, sendgrid, mailgun")
	}
	return f, nil
}

func (f *flavour) request(call *sdk.Call, m sender.Mail) http.Request {
	values := func(mark string) string {
		switch mark {
		case "from":
			return mailbox(m.From)
		case "from_email":
			return m.From.Email
		case "from_name":
			return m.From.Name
		case "to":
			return m.To
		case "subject":
			return m.Subject
		case "text":
			return m.Text
		case "html":
			return m.HTML
		case "kind":
			return string(m.Kind)
		case "message_id":
			return m.MessageID
		case "stream":
			return call.ConfigText("stream", "outbound")
		case "domain":
			return call.ConfigText("domain", "")
		}
		return ""
	}
	encode, contentType := json.AppendString, "application/json"
	if f.form {
		encode, contentType = http.AppendEscaped, "application/x-www-form-urlencoded"
	}
	headers := map[string]string{"Content-Type": contentType}
	for name, value := range f.headers {
		headers[name] = value
	}
	return http.Request{
		Method:  "POST", //nolint:usestdlibvars // net/http is too much for a guest
		URL:     call.ConfigText("origin", f.origin) + fill(f.path, http.AppendEscaped, values),
		Headers: headers, Body: fill(f.body, encode, values), Auth: &f.auth,
	}
}

// receipt is what an answer means. An address that is wrong (redirects, 404) and an account that is not good
// (401, 402, 403) are so for every mail.
func (f *flavour) receipt(r http.Response) sender.Receipt {
	reason := "status_" + strconv.Itoa(r.Status)
	code := ""
	if len(f.answer.code) > 0 {
		code = json.Text(r.Body, f.answer.code...)
	}
	switch {
	case r.Status >= 200 && r.Status < 300:
		return sender.Accepted(f.id(r))
	case r.Status == 408, r.Status == 429, r.Status >= 500:
		return sender.Retry(reason, seconds(r.Headers["retry-after"]))
	case r.Status < 400, r.Status <= 404 && r.Status != 400:
		return sender.Refused(reason, 0)
	case code == "":
		return sender.Failed(reason)
	case contains(f.answer.refusing, code):
		return sender.Refused(word("error_"+code), 0)
	}
	return sender.Failed(word("error_" + code))
}

// id is the provider's name for the mail, as its callbacks have it; empty when it gives none.
func (f *flavour) id(r http.Response) string {
	if f.answer.idHeader != "" {
		return fit(r.Headers[f.answer.idHeader])
	}
	return fit(json.Text(r.Body, f.answer.id...))
}

// fit takes brackets from an id; one that is too long for the host is none.
func fit(id string) string {
	if len(id) >= 2 && id[0] == '<' && id[len(id)-1] == '>' {
		id = id[1 : len(id)-1]
	}
	if len(id) > hostapi.MaxProviderID || oneLine(id) != id {
		return ""
	}
	return id
}

// seconds reads a Retry-After; a date is none, and leaves the time to the host.
func seconds(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return 0
	}
	return min(n, hostapi.MaxRetryAfter)
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}
