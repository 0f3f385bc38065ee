package mail

import (
	"embed"
	"fmt"
	htmltemplate "html/template"
	"strings"
	"sync"
	"text/template"

	"github.com/usher-id/usher/core"
)

// A language is one file of words, in which each kind of message has its parts; the
// two layouts are the same for all.
//
//go:embed templates
var templates embed.FS

const fallbackLocale = "en"

// native renders messages with the built-in templates. Safe for concurrent use.
type native struct {
	html      *htmltemplate.Template
	text      *template.Template
	languages map[string]*language
	forms     sync.Map // of *form by formKey: there are few
}

// letter is what the layouts lay out.
type letter struct {
	Locale, Subject, Preheader, Heading string
	Body                                []string // paragraphs
	Action                              string   // the words on the link
	Plain                               string   // before the link as it is
	Link, Logo, Support                 htmltemplate.URL
	Note, Help, Colon                   string
	Sans, Serif                         htmltemplate.CSS
	Look                                facts
}

// conditions are comments that the Word engine of Outlook reads and everybody else does not.
// html/template leaves out comments that stand in a template.
var conditions = htmltemplate.FuncMap{
	"outlook":     func() htmltemplate.HTML { return "<!--[if mso]>" },
	"end_outlook": func() htmltemplate.HTML { return "<![endif]-->" },
}

func newNative() (*native, error) {
	html, err := htmltemplate.New("layout.html").Funcs(conditions).ParseFS(templates, "templates/layout.html")
	if err != nil {
		return nil, err
	}
	text, err := template.ParseFS(templates, "templates/layout.txt")
	if err != nil {
		return nil, err
	}
	languages, err := readLanguages()
	if err != nil {
		return nil, err
	}
	return &native{html: html, text: text, languages: languages}, nil
}

// form is what all messages of one kind, language and shape have in common.
type form struct {
	subject, html, text pressed
}

// formKey names a form: which facts there are decides about the words.
type formKey struct {
	locale string
	kind   core.MessageKind
	link   bool
	facts  shape
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
		Subject: form.subject.with(f), HTML: form.html.with(f.escaped()), Text: wrap(form.text.with(f)),
		Language: locale, By: "native",
	}, nil
}

// form gives the form of a message; the first of its shape makes it.
func (n *native) form(locale string, v core.MessageView, f facts) (*form, error) {
	marks, there := f.marks()
	key := formKey{locale: locale, kind: v.Kind, link: v.Link != "", facts: there}
	if known, ok := n.forms.Load(key); ok {
		return known.(*form), nil //nolint:forcetypeassert // nothing else is kept there
	}
	l, err := n.layOut(locale, v, marks)
	if err != nil {
		return nil, err
	}
	made := &form{press(l.subject), press(l.html), press(l.text)}
	n.forms.Store(key, made)
	return made, nil
}

// laidOut is a letter as the layouts make it.
type laidOut struct{ subject, html, text string }

// layOut carries the templates out.
func (n *native) layOut(locale string, v core.MessageView, f facts) (laidOut, error) {
	words := n.languages[locale]
	p, ok := words.kinds[v.Kind]
	if !ok {
		return laidOut{}, fmt.Errorf("mail: no template for a message of kind %q", v.Kind)
	}
	l, err := p.write(f)
	if err != nil {
		return laidOut{}, err
	}
	l.Locale, l.Plain, l.Help, l.Colon, l.Look = locale, words.plain, words.help, words.colon, f
	l.Sans, l.Serif = htmltemplate.CSS(words.sans), htmltemplate.CSS(words.serif) //nolint:gosec // constants
	l.Link = htmltemplate.URL(v.Link)                                             //nolint:gosec // the placeholder, or nothing
	l.Logo, l.Support = htmltemplate.URL(f.Logo), htmltemplate.URL(f.Support)     //nolint:gosec // package brand has let them pass
	var html, text strings.Builder
	if err := n.html.Execute(&html, l); err != nil {
		return laidOut{}, fmt.Errorf("mail: lay out the HTML part: %w", err)
	}
	if err := n.text.Execute(&text, l); err != nil {
		return laidOut{}, fmt.Errorf("mail: lay out the text part: %w", err)
	}
	return laidOut{l.Subject, html.String(), text.String()}, nil
}
