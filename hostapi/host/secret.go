package host

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
)

// Secret is a value that the host uses for a guest and never shows, to the guest or
// to anyone: every way to print it gives "[secret]".
type Secret string

const hidden = "[secret]"

// String implements [fmt.Stringer].
func (Secret) String() string { return hidden }

// Format implements [fmt.Formatter] for every verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(hidden)) }

// MarshalText implements [encoding.TextMarshaler], and so covers JSON and YAML.
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// LogValue implements [slog.LogValuer].
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// Substitution is a text that a guest writes in place of one that it must not see.
type Substitution struct {
	Placeholder string
	Value       Secret
}

// minHidden is the shortest secret that is looked for in answers, in bytes: a shorter
// one stands in many texts by chance.
const minHidden = 8

// pairs are texts with their replacements, for [strings.NewReplacer].
type pairs []struct{ old, new string }

// hide replaces a secret in every form in which another side may echo it.
func (p *pairs) hide(secret string) {
	if len(secret) < minHidden {
		return
	}
	p.add(secret, hidden)
	for _, form := range urlForms(secret) {
		p.add(form, hidden)
	}
	for _, form := range jsonForms(secret) {
		p.add(form, hidden)
	}
	p.add(strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(secret)), "="), hidden)
	p.add(strings.TrimRight(base64.URLEncoding.EncodeToString([]byte(secret)), "="), hidden)
}

// fill puts the value in the place of its placeholder, in its plain and URL-encoded forms.
func (p *pairs) fill(s Substitution) {
	p.swap(s.Placeholder, string(s.Value))
}

// empty does the reverse, and knows how JSON writes it too.
func (p *pairs) empty(s Substitution) {
	p.swap(string(s.Value), s.Placeholder)
	for _, form := range jsonForms(string(s.Value)) {
		p.add(form, s.Placeholder)
	}
}

func (p *pairs) swap(from, to string) {
	p.add(from, to)
	forms := urlForms(to)
	for i, form := range urlForms(from) {
		p.add(form, forms[i])
	}
}

func (p *pairs) add(from, to string) {
	if from != "" {
		*p = append(*p, struct{ old, new string }{from, to})
	}
}

// replacer replaces the longest text that stands at a place.
func (p pairs) replacer() *strings.Replacer {
	slices.SortStableFunc(p, func(a, b struct{ old, new string }) int { return len(b.old) - len(a.old) })
	list := make([]string, 0, 2*len(p))
	for _, pair := range p {
		list = append(list, pair.old, pair.new)
	}
	return strings.NewReplacer(list...)
}

// found tells whether the text has any of them.
func (p pairs) found(text string) bool {
	return slices.ContainsFunc(p, func(pair struct{ old, new string }) bool { return strings.Contains(text, pair.old) })
}

// urlForms are the ways to write a text in a URL or a form, always in the same order.
func urlForms(s string) []string {
	query, path := url.QueryEscape(s), url.PathEscape(s)
	return []string{query, path, strings.ReplaceAll(query, "+", "%20"), lowerEscapes(query), lowerEscapes(path)}
}

// lowerEscapes writes %2f for %2F.
func lowerEscapes(s string) string {
	b := []byte(s)
	for i := 0; i+2 < len(b); i++ {
		if b[i] == '%' {
			copy(b[i+1:], strings.ToLower(s[i+1:i+3]))
		}
	}
	return string(b)
}

// jsonForms are the ways to write a text between the quotes of a JSON string.
func jsonForms(s string) []string {
	quoted, err := json.Marshal(s)
	if err != nil {
		return nil
	}
	inner := string(quoted[1 : len(quoted)-1])
	plain := strings.NewReplacer(`\u0026`, "&", `\u003c`, "<", `\u003e`, ">").Replace(inner)
	return []string{inner, plain, strings.ReplaceAll(plain, "/", `\/`)}
}
