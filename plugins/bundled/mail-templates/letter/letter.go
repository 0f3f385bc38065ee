package letter

import (
	"errors"

	"github.com/usher-id/usher/sdk"
	"github.com/usher-id/usher/sdk/renderer"
)

// words are what one kind of mail says in one language. {tenant} and {inviter}
// stand for names.
type words struct {
	subject, title, body, button string
}

// phrases are what every mail of a language says.
type phrases struct {
	hello, helloName string // {name}
	until            string // {until}
	fallback         string // before the link in full
	ignore           string
	bye              string
}

// Write writes one mail. It fails on a kind of mail that it does not know.
func Write(call *sdk.Call, m renderer.Message) (renderer.Mail, error) {
	language := languageOf(m.Locale)
	w, known := wordsOf(language, m)
	if !known {
		return renderer.Mail{}, errors.New("unknown kind of mail")
	}
	l := letter{
		phrases: phrasesOf(language), message: m, language: language,
		accent: accent(call.ConfigText("accent_color", "")),
		title:  fill(w.title, m), body: fill(w.body, m), button: w.button,
	}
	return renderer.Mail{Subject: oneLine(fill(w.subject, m)), HTML: l.html(), Text: l.text()}, nil
}

// letter is a mail with its words chosen.
type letter struct {
	phrases
	message             renderer.Message
	language, accent    string
	title, body, button string
}

func (l *letter) greeting() string {
	if l.message.RecipientName == "" {
		return l.hello
	}
	return replace(l.helloName, "{name}", l.message.RecipientName)
}

func (l *letter) validity() string {
	date := dateIn(l.language, l.message.ExpiresAt)
	if date == "" {
		return ""
	}
	return replace(l.until, "{until}", date)
}

func (l *letter) text() string {
	b := make([]byte, 0, 1024)
	b = paragraph(b, l.greeting())
	b = paragraph(b, l.body)
	if l.message.Link != "" {
		b = paragraph(b, l.button+":\n"+l.message.Link)
	}
	if v := l.validity(); v != "" && l.message.Link != "" {
		b = paragraph(b, v)
	}
	b = paragraph(b, l.ignore)
	b = append(b, l.bye...)
	b = append(b, '\n')
	b = append(b, oneLine(l.message.Tenant.Name)...)
	return string(append(b, '\n'))
}

func paragraph(b []byte, text string) []byte {
	return append(append(b, text...), '\n', '\n')
}
