package hosttest

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

// Mail is a mail in the sink.
type Mail struct {
	ID         string              `json:"id"`
	To         string              `json:"to"`
	From       string              `json:"from"`
	Subject    string              `json:"subject"`
	Text       string              `json:"text"`
	HTML       string              `json:"html"`
	Headers    map[string][]string `json:"headers"`
	Links      []string            `json:"links"`
	ReceivedAt time.Time           `json:"received_at"`
}

// Link is the activation link in the mail; "" when there is none.
func (m Mail) Link() string {
	for _, link := range m.Links {
		if strings.Contains(link, "/a/") {
			return link
		}
	}
	return ""
}

// Token is the last part of the link.
func (m Mail) Token() string {
	_, token, _ := strings.Cut(m.Link(), "/a/")
	return token
}

// Mails are those in the sink to one address, newest first.
func (h *Host) Mails(t testing.TB, to string) []Mail {
	t.Helper()
	var page struct{ Data []Mail }
	h.Operators(t).Get("/admin/v1/sink/messages?to=" + url.QueryEscape(to)).Want(200).Into(&page)
	return page.Data
}

// Mail waits until the sink has n mails to one address and gives the newest.
func (h *Host) Mail(t testing.TB, to string, n int) Mail {
	t.Helper()
	var mails []Mail
	Until(t, "mail to "+to, func() bool {
		mails = h.Mails(t, to)
		return len(mails) >= n
	})
	return mails[0]
}
