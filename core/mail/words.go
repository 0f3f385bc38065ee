package mail

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"text/template"

	"github.com/usher-id/usher/core"
)

// language is one file of words.
type language struct {
	kinds       map[core.MessageKind]parts
	plain       string // before the link that stands below the button
	help        string // on the link to support
	colon       string
	sans, serif string // names of fonts, as CSS has them
}

// parts are the sentences of one kind of message in one language.
type parts struct {
	subject, preheader, heading, body, action, note *template.Template
}

// Kinds are the kinds of messages that there are words for.
func Kinds() []core.MessageKind {
	return []core.MessageKind{
		core.MessageOwnerVerification, core.MessageInvitation, core.MessageExistingAccount,
		core.MessageSignIn, core.MessagePasswordReset, core.MessageInvitationBounced,
	}
}

// readLanguages reads all files of words, by language.
func readLanguages() (map[string]*language, error) {
	files, err := fs.Glob(templates, "templates/words.*.txt")
	if err != nil {
		return nil, err
	}
	languages := map[string]*language{}
	for _, file := range files {
		locale := strings.TrimPrefix(strings.TrimSuffix(path.Base(file), ".txt"), "words.")
		if calendars[locale] == nil {
			return nil, fmt.Errorf("%s is in a language whose dates nobody can write", file)
		}
		if languages[locale], err = readLanguage(file); err != nil {
			return nil, err
		}
		languages[locale].sans, languages[locale].serif = fontsOf(locale)
	}
	return languages, nil
}

func readLanguage(file string) (*language, error) {
	all, err := template.New(path.Base(file)).Option("missingkey=error").ParseFS(templates, file)
	if err != nil {
		return nil, err
	}
	l := &language{kinds: map[core.MessageKind]parts{}}
	for name, into := range map[string]*string{"plain": &l.plain, "help": &l.help, "colon": &l.colon} {
		var b strings.Builder
		if err := all.ExecuteTemplate(&b, name, nil); err != nil {
			return nil, err
		}
		*into = b.String()
	}
	for _, kind := range Kinds() {
		var p parts
		for name, into := range map[string]**template.Template{
			"subject": &p.subject, "preheader": &p.preheader, "heading": &p.heading,
			"body": &p.body, "action": &p.action, "note": &p.note,
		} {
			if *into = all.Lookup(string(kind) + "." + name); *into == nil {
				return nil, fmt.Errorf("%s lacks %s.%s", file, kind, name)
			}
		}
		l.kinds[kind] = p
	}
	return l, nil
}

// fontsOf are the fonts of a language: those of the reader's own system.
func fontsOf(locale string) (sans, serif string) {
	if locale == "ja" {
		return "-apple-system,'Hiragino Sans','Yu Gothic UI',Meiryo,'Noto Sans CJK JP','Noto Sans JP',sans-serif",
			"'Hiragino Mincho ProN','Yu Mincho','Noto Serif CJK JP','Noto Serif JP',serif"
	}
	return "-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,'Noto Sans','Helvetica Neue',Arial,sans-serif",
		"ui-serif,'Iowan Old Style',Palatino,Georgia,serif"
}

// locales are the languages that the native templates speak, the one that stands in for all others first.
func (n *native) locales() []string {
	var others []string
	for locale := range n.languages {
		if locale != fallbackLocale {
			others = append(others, locale)
		}
	}
	slices.Sort(others)
	return append([]string{fallbackLocale}, others...)
}

// nearest gives the language of a locale such as "de-AT" if there are words for it.
func (n *native) nearest(locale string) string {
	language := strings.ToLower(locale)
	if i := strings.IndexAny(language, "-_"); i >= 0 {
		language = language[:i]
	}
	if _, ok := n.languages[language]; ok {
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
