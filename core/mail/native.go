package mail

import (
	"embed"
	"fmt"
	htmltemplate "html/template"
	"io/fs"
	"path"
	"strings"
	"sync"
	"text/template"

	"github.com/usher-id/usher/core"
)

// A locale is one file of words, in which each kind of message has its parts; the
// two layouts are the same for all.
//
//go:embed templates
var templates embed.FS

const fallbackLocale = "en"

// native renders messages with the built-in templates. Safe for concurrent use.
type native struct {
	html  *htmltemplate.Template
	text  *template.Template
	words map[string]map[core.MessageKind]parts // by locale
	forms sync.Map                              // of *form by shape: there are few shapes
}

// parts are the sentences of one kind of message in one language.
type parts struct {
	subject, preheader, heading, body, action, note *template.Template
}

// letter is what the layouts lay out.
type letter struct {
	Locale, Subject, Preheader, Heading string
	Body                                []string // paragraphs
	Action                              string   // the words on the link
	Link                                htmltemplate.URL
	Note                                string
}

// facts are what the words may speak of.
type facts struct {
	Tenant, Recipient, Inviter, Until string
}

func kinds() []core.MessageKind {
	return []core.MessageKind{
		core.MessageOwnerVerification, core.MessageInvitation, core.MessageExistingAccount,
		core.MessageSignIn, core.MessagePasswordReset,
	}
}

func newNative() (*native, error) {
	html, err := htmltemplate.ParseFS(templates, "templates/layout.html")
	if err != nil {
		return nil, err
	}
	text, err := template.ParseFS(templates, "templates/layout.txt")
	if err != nil {
		return nil, err
	}
	n := &native{html: html, text: text, words: map[string]map[core.MessageKind]parts{}}
	files, err := fs.Glob(templates, "templates/words.*.txt")
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		locale := strings.TrimPrefix(strings.TrimSuffix(path.Base(file), ".txt"), "words.")
		if n.words[locale], err = readWords(file); err != nil {
			return nil, err
		}
	}
	return n, nil
}

func readWords(file string) (map[core.MessageKind]parts, error) {
	all, err := template.New(path.Base(file)).Option("missingkey=error").ParseFS(templates, file)
	if err != nil {
		return nil, err
	}
	words := make(map[core.MessageKind]parts, len(kinds()))
	for _, kind := range kinds() {
		var p parts
		for name, into := range map[string]**template.Template{
			"subject": &p.subject, "preheader": &p.preheader, "heading": &p.heading,
			"body": &p.body, "action": &p.action, "note": &p.note,
		} {
			if *into = all.Lookup(string(kind) + "." + name); *into == nil {
				return nil, fmt.Errorf("%s lacks %s.%s", file, kind, name)
			}
		}
		words[kind] = p
	}
	return words, nil
}

func factsOf(locale string, v core.MessageView) facts {
	return facts{Tenant: v.Tenant.Name, Recipient: v.RecipientName, Inviter: v.InviterName, Until: until(locale, v.ExpiresAt)}
}

// form is what all messages of one kind, language and shape have in common.
type form struct {
	subject, html, text pressed
}

// shape names a form: which facts there are decides about the words.
type shape struct {
	locale string
	kind   core.MessageKind
	link   bool
	facts  [4]bool
}

// render makes all parts of a message in the language nearest to the wanted one.
func (n *native) render(v core.MessageView) (core.RenderedMessage, error) {
	locale := n.nearest(v.Locale)
	f := factsOf(locale, v)
	form, err := n.form(locale, v, f)
	if err != nil {
		return core.RenderedMessage{}, err
	}
	return core.RenderedMessage{
		Subject: form.subject.with(f), HTML: form.html.with(f.escaped()), Text: form.text.with(f), By: "native",
	}, nil
}

// form gives the form of a message; the first of its shape makes it.
func (n *native) form(locale string, v core.MessageView, f facts) (*form, error) {
	marks, there := f.marks()
	key := shape{locale: locale, kind: v.Kind, link: v.Link != "", facts: there}
	if known, ok := n.forms.Load(key); ok {
		return known.(*form), nil //nolint:forcetypeassert // nothing else is kept there
	}
	r, err := n.layOut(locale, v, marks)
	if err != nil {
		return nil, err
	}
	made := &form{press(r.Subject), press(r.HTML), press(r.Text)}
	n.forms.Store(key, made)
	return made, nil
}

// layOut carries the templates out.
func (n *native) layOut(locale string, v core.MessageView, f facts) (core.RenderedMessage, error) {
	p, ok := n.words[locale][v.Kind]
	if !ok {
		return core.RenderedMessage{}, fmt.Errorf("mail: no template for a message of kind %q", v.Kind)
	}
	l, err := p.write(f)
	if err != nil {
		return core.RenderedMessage{}, err
	}
	l.Locale, l.Link = locale, htmltemplate.URL(v.Link) //nolint:gosec // the placeholder, or nothing
	var html, text strings.Builder
	if err := n.html.Execute(&html, l); err != nil {
		return core.RenderedMessage{}, fmt.Errorf("mail: lay out the HTML part: %w", err)
	}
	if err := n.text.Execute(&text, l); err != nil {
		return core.RenderedMessage{}, fmt.Errorf("mail: lay out the text part: %w", err)
	}
	return core.RenderedMessage{Subject: l.Subject, HTML: html.String(), Text: text.String(), By: "native"}, nil
}

// nearest gives the language of a locale such as "de-AT" if there are words for it.
func (n *native) nearest(locale string) string {
	language := strings.ToLower(locale)
	if i := strings.IndexAny(language, "-_"); i >= 0 {
		language = language[:i]
	}
	if _, ok := n.words[language]; ok {
		return language
	}
	return fallbackLocale
}

func (p parts) write(f facts) (letter, error) {
	var (
		l    letter
		body string
	)
	for _, part := range []struct {
		from *template.Template
		into *string
	}{
		{p.subject, &l.Subject},
		{p.preheader, &l.Preheader},
		{p.heading, &l.Heading},
		{p.body, &body},
		{p.action, &l.Action},
		{p.note, &l.Note},
	} {
		var b strings.Builder
		if err := part.from.Execute(&b, f); err != nil {
			return letter{}, fmt.Errorf("mail: write a message: %w", err)
		}
		*part.into = strings.TrimSpace(b.String())
	}
	l.Body = strings.Split(body, "\n\n")
	return l, nil
}
