package sink

import (
	"bytes"
	"html"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-message/mail"
)

// Mail is one mail to one recipient, as a mailbox would show it.
type Mail struct {
	ID         string              `json:"id"`
	To         string              `json:"to"` // of the envelope
	From       string              `json:"from"`
	Subject    string              `json:"subject"`
	Text       string              `json:"text"`
	HTML       string              `json:"html"`
	Headers    map[string][]string `json:"headers"`
	Links      []string            `json:"links"` // in the order in which they appear, each once
	ReceivedAt time.Time           `json:"received_at"`
}

// read takes mails apart only when somebody looks at them.
func read(entries []entry) []Mail {
	mails := make([]Mail, len(entries))
	for i, e := range entries {
		mails[i] = parse(e)
	}
	return mails
}

// parse shows what it can: a mail that is not MIME is all text.
func parse(e entry) Mail {
	m := Mail{
		ID: e.id.String(), To: e.to, From: e.from, ReceivedAt: e.at,
		Headers: map[string][]string{}, Links: []string{},
	}
	r, _ := mail.CreateReader(bytes.NewReader(e.raw))
	if r == nil {
		m.Text = string(e.raw)
		return m
	}
	for fields := r.Header.Fields(); fields.Next(); {
		value, err := fields.Text()
		if err != nil {
			value = fields.Value()
		}
		m.Headers[fields.Key()] = append(m.Headers[fields.Key()], value)
	}
	if subject, err := r.Header.Subject(); err == nil {
		m.Subject = subject
	}
	m.readParts(r)
	m.Links = links(m.Text, m.HTML)
	return m
}

func (m *Mail) readParts(r *mail.Reader) {
	for {
		part, err := r.NextPart()
		if part == nil || err != nil {
			return
		}
		inline, ok := part.Header.(*mail.InlineHeader)
		if !ok {
			continue
		}
		body, err := io.ReadAll(part.Body)
		if err != nil {
			return
		}
		switch kind, _, _ := inline.ContentType(); kind {
		case "text/plain", "":
			m.Text += string(body)
		case "text/html":
			m.HTML += string(body)
		}
	}
}

var (
	inText = regexp.MustCompile(`https?://[^\s<>"]+`)
	inHTML = regexp.MustCompile(`(?i)href\s*=\s*["'](https?://[^"']+)["']`)
)

// links finds what a reader could click, each once.
func links(text, markup string) []string {
	found := []string{}
	add := func(link string) {
		if !slices.Contains(found, link) {
			found = append(found, link)
		}
	}
	for _, link := range inText.FindAllString(text, -1) {
		add(strings.TrimRight(link, ".,;:!?)"))
	}
	for _, match := range inHTML.FindAllStringSubmatch(markup, -1) {
		add(html.UnescapeString(match[1]))
	}
	return found
}
