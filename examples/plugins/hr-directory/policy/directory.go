package policy

import (
	"errors"
	"strconv"
	"strings"

	"github.com/usher-id/usher/sdk"
	"github.com/usher-id/usher/sdk/http"
	"github.com/usher-id/usher/sdk/json"
)

// pageSize is how many people one answer of the directory has; a hundred bytes for each fit an entry of the store.
const pageSize = 500

// staff is a page of the directory.
type staff struct {
	emails []string // of those who work there, in lower case and in order
	next   string   // what the next page begins after, empty for the last
}

// later says that the directory cannot be asked now, but may be after so many seconds.
type later struct{ seconds int }

func (later) Error() string { return "the directory cannot be asked now" }

// errGone is for a place in the directory that it does not know any more.
var errGone = errors.New("the directory does not know this place any more")

// ask asks the directory for the page after a place.
func ask(c *sdk.Call, after string) (staff, error) {
	url := c.ConfigText("origin", "") + "/v1/employees?sort=email&limit=" + strconv.Itoa(pageSize)
	if after != "" {
		url += "&after=" + http.Escape(after)
	}
	answer, err := http.Fetch(c, http.Request{
		Method: "GET", URL: url, Headers: map[string]string{"Accept": "application/json"},
		Auth: &http.Auth{Secret: "hr_token", Prefix: "Bearer "},
	})
	if refused, ok := errors.AsType[*sdk.Refused](err); ok && refused.Temporary() {
		c.Warn(refused.Error())
		return staff{}, later{}
	}
	if err != nil {
		return staff{}, err
	}
	switch status := answer.Status; {
	case status == 200:
		return read(answer.Body)
	case status == 429 || status >= 500:
		c.Warn("the directory answers " + strconv.Itoa(status))
		return staff{}, later{seconds(answer.Headers["retry-after"])}
	case after != "" && (status == 400 || status == 404 || status == 410):
		return staff{}, errGone
	default:
		return staff{}, errors.New("the directory answers " + strconv.Itoa(status) + ": see the secret hr_token and config.origin")
	}
}

// read takes a page as a whole or not at all: half a directory would keep out who is in the other half.
func read(body string) (p staff, err error) {
	people, ok := json.Elements(json.Raw(body, "employees"))
	if !ok {
		return p, errors.New("the directory's answer has no list employees")
	}
	last := ""
	for _, person := range people {
		email, status := strings.ToLower(json.Text(person, "email")), json.Text(person, "status")
		if !strings.Contains(email, "@") || strings.ContainsAny(email, "\n\r") || status == "" {
			return p, errors.New("the directory's answer has an employee without email or status")
		}
		if email <= last {
			return p, errors.New("the directory's answer is not sorted by email")
		}
		if last = email; status != "left" {
			p.emails = append(p.emails, email)
		}
	}
	p.next = json.Text(body, "next")
	return p, nil
}

// seconds reads a Retry-After; a date is none.
func seconds(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0
	}
	return n
}
