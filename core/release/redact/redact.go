package redact

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/usher-id/usher/hostapi"
)

// Data redacts the question of a hook. It comes before the other parts of the call, which are searched for what stood
// in it.
func (r *Redactor) Data(h hostapi.Hook, data []byte) ([]byte, error) {
	var mail struct {
		Link string `json:"link"`
	}
	if h == hostapi.HookMessageRender || h == hostapi.HookMessageSend {
		if err := json.Unmarshal(data, &mail); err != nil {
			return nil, errUnreadable
		}
	}
	r.keep = mail.Link
	return walk(data, func(place []string, isName bool, value string) string {
		if isName {
			if _, ours := fields[h][strings.Join(place, ".")]; ours {
				return value
			}
			return r.name(value)
		}
		return ruleOf(h, place)(r, value)
	})
}

// errUnreadable has no word of what cannot be read.
var errUnreadable = errors.New("redact: the data is no JSON")

// Answer redacts what the host answered to a plugin.
func (r *Redactor) Answer(module string, status hostapi.Status, answer []byte) []byte {
	if len(answer) == 0 {
		return nil
	}
	if module != hostapi.ModuleHTTP || status != hostapi.StatusOK {
		return []byte(foreign(r, string(answer)))
	}
	var a hostapi.HTTPResponse
	if json.Unmarshal(answer, &a) != nil {
		return []byte(foreign(r, string(answer)))
	}
	for name, value := range a.Headers {
		if _, plain := plainHeaders[name]; !plain {
			a.Headers[name] = r.text(value)
		}
	}
	a.Body = foreign(r, a.Body)
	out, err := json.Marshal(a, json.Deterministic(true))
	if err != nil {
		return nil
	}
	return out
}

// plainHeaders are those of an answer whose values tell nothing of a person.
var plainHeaders = set("content-type content-length content-language cache-control retry-after date expires age")

// Request gives the form of a request that is kept: a digest of what a plugin that was asked the redacted question
// would have written, as [Form] makes it.
func (r *Redactor) Request(request []byte) []byte { return digest(request, r.familiar) }

// Form is the digest of a request as a plugin wrote it. Two that mean the same have the same.
func Form(request []byte) []byte {
	return digest(request, func(s string) string { return s })
}

func digest(request []byte, value func(string) string) []byte {
	sum := sha256.Sum256([]byte(canonical(string(request), value)))
	return sum[:]
}

// canonical writes JSON, and JSON that is text in it, in one form.
func canonical(s string, value func(string) string) string {
	if !strings.HasPrefix(s, "{") && !strings.HasPrefix(s, "[") {
		return value(s)
	}
	out, err := walk([]byte(s), func(_ []string, isName bool, v string) string {
		if isName {
			return v
		}
		return canonical(v, value)
	})
	if err != nil {
		return value(s)
	}
	one := jsontext.Value(out)
	if err := one.Canonicalize(jsontext.AllowDuplicateNames(true)); err != nil {
		return string(out)
	}
	return string(one)
}

// walk writes JSON anew with other texts. The place of a text is the names above it, with * for an element of a list;
// that of a name ends with the name.
func walk(in []byte, change func(place []string, isName bool, value string) string) ([]byte, error) {
	options := []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)}
	d, out := jsontext.NewDecoder(bytes.NewReader(in), options...), &bytes.Buffer{}
	e := jsontext.NewEncoder(out, options...)
	for {
		token, err := d.ReadToken()
		if errors.Is(err, io.EOF) && out.Len() > 0 {
			return bytes.TrimSpace(out.Bytes()), nil
		}
		if err != nil {
			return nil, errUnreadable
		}
		if token.Kind() == '"' {
			kind, n := d.StackIndex(d.StackDepth())
			token = jsontext.String(change(placeOf(d), kind == '{' && n%2 == 1, token.String()))
		}
		if err := e.WriteToken(token); err != nil {
			return nil, errUnreadable
		}
	}
}

func placeOf(d *jsontext.Decoder) (place []string) {
	depth, names := 0, d.StackPointer()
	for name := range names.Tokens() {
		if depth++; depth <= d.StackDepth() {
			if kind, _ := d.StackIndex(depth); kind == '[' {
				name = "*"
			}
		}
		place = append(place, name)
	}
	return place
}
