package redact

import (
	"regexp"
	"strings"

	"github.com/usher-id/usher/hostapi"
)

// rule makes of a text what may be kept of it.
type rule func(r *Redactor, s string) string

// shaped keeps a text that has a shape, and redacts every other.
func shaped(shape string) rule {
	fits := regexp.MustCompile(`^(?:` + shape + `)$`)
	return func(r *Redactor, s string) string {
		if s == "" || fits.MatchString(s) {
			return s
		}
		return r.text(s)
	}
}

const (
	shapeUUID    = `[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`
	shapeInstant = `\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})`
	shapeNumber  = `-?\d{1,6}(\.\d{1,6})?`
)

// The rules. What a plugin or another system writes is never kept for its place alone, only for its shape too.
var (
	enum    = shaped(`[A-Za-z][A-Za-z0-9_.-]{0,40}`)
	id      = shaped(shapeUUID + `|[A-Za-z0-9_-]{1,64}`)
	locale  = shaped(`[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*`)
	instant = shaped(shapeInstant)
	own     = shaped(`https?://[A-Za-z0-9.:-]+(/[A-Za-z0-9._/-]*)?`) // an address of the host itself
	mailID  = shaped(`[A-Za-z0-9._-]+@[A-Za-z0-9.-]+`)               // made by the host of an id
	simple  = shaped(shapeUUID + `|` + shapeNumber + `|true|false`)  // what a client may have put anywhere
)

func text(r *Redactor, s string) string  { return r.text(s) }
func prose(r *Redactor, s string) string { return r.prose(s) }
func kept(_ *Redactor, s string) string  { return s }

// domain keeps one, there and in every text of the call.
func domain(r *Redactor, s string) string {
	if !regexp.MustCompile(`^[a-z0-9-]+(\.[a-z0-9-]+)*$`).MatchString(s) {
		return r.text(s)
	}
	r.domains[s] = struct{}{}
	return s
}

// email keeps the domain alone, whatever stands before it.
func email(r *Redactor, s string) string {
	at := strings.LastIndexByte(s, '@')
	if at < 0 {
		return r.text(s)
	}
	out := words.ReplaceAllStringFunc(s[:at], r.remember) + "@" + domain(r, s[at+1:])
	if len(s) >= shortestWhole {
		r.whole[s] = out
	}
	return out
}

// hexadecimal gives other digits.
func hexadecimal(r *Redactor, s string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case strings.ContainsRune("0123456789ABCDEF", c):
			return r.other("0123456789ABCDEF", c)
		case strings.ContainsRune("abcdef", c):
			return r.other("0123456789abcdef", c)
		}
		return -1
	}, s)
}

var tag = regexp.MustCompile(`(?s)<(?:!--.*?--|/?[A-Za-z][A-Za-z0-9]*|[^>]*)([^>]*)>`)

// markup keeps the names of tags and no attribute of them but the link.
func markup(r *Redactor, s string) string {
	name := regexp.MustCompile(`^</?[A-Za-z][A-Za-z0-9]*`)
	var b strings.Builder
	last := 0
	for _, at := range tag.FindAllStringIndex(s, -1) {
		b.WriteString(r.each(s[last:at[0]], r.word))
		whole := s[at[0]:at[1]]
		b.WriteString(name.FindString(whole))
		switch {
		case name.FindString(whole) == "":
			b.WriteString("<")
		case r.keep != "" && strings.Contains(whole, r.keep):
			b.WriteString(` href="` + r.keep + `"`)
		}
		b.WriteString(">")
		last = at[1]
	}
	b.WriteString(r.each(s[last:], r.word))
	r.whole[s] = b.String()
	return b.String()
}

// fields says what may stay of each member of a hook's data; a list is *, and so is a member that a client named.
// Numbers, true and false stay everywhere.
var fields = map[hostapi.Hook]map[string]rule{
	hostapi.HookSignupValidate: {
		"email": email, "email_domain": domain, "organization_name": text, "slug": text, "display_name": text, "locale": locale, "metadata": nil, "metadata.*": simple,
	},
	hostapi.HookTenantProvision: {
		"tenant_id": id, "slug": text, "name": text, "owner_id": id, "locale": locale, "metadata": nil, "metadata.*": simple, "attempt": nil, "created_at": instant,
	},
	hostapi.HookInvitationValidate: {
		"email": email, "email_domain": domain, "role": enum, "inviter_role": enum, "locale": locale, "expires_in": nil, "metadata": nil, "metadata.*": simple, "bulk": nil,
	},
	hostapi.HookActivationValidate: {
		"purpose": enum, "email": email, "email_domain": domain, "role": enum, "account_exists": nil, "tenant": nil, "tenant.name": text, "tenant.slug": text,
		"display_name": text, "locale": locale,
	},
	hostapi.HookPasswordCheck: {"purpose": enum, "facts": nil, "sha1_prefix": hexadecimal},
	hostapi.HookMessageRender: {
		"kind": enum, "locale": locale, "tenant": nil, "tenant.name": text, "tenant.slug": text, "recipient_name": text, "inviter_name": text,
		"link": kept, "expires_at": instant, // the link is a placeholder
	},
	hostapi.HookMessageRoute: {
		"kind": enum, "locale": locale, "recipient_domain": domain, "attempt": nil, "age_s": nil, "providers": nil, "providers.*.name": id,
	},
	hostapi.HookMessageSend: {
		"provider": id, "message_id": mailID, "attempt": nil, "kind": enum, "from": nil, "from.name": text, "from.email": email, "to": email,
		"subject": prose, "text": prose, "html": markup, "link": kept,
	},
	hostapi.HookMessageStatus: {
		"provider": id, "method": enum, "query": nil, "query.*": simple, "headers": nil, "headers.*": simple, "headers.content-type": shaped(shapeMedia), "body": foreign,
	},
	hostapi.HookIdentityBegin: {
		"provider": id, "callback_url": own, "state": text, "nonce": text, "challenge": text, "login_hint": text, "locale": locale,
	},
	hostapi.HookIdentityFinish: {
		"provider": id, "callback_url": own, "query": nil, "query.*": text, "nonce": text, "verifier": text, "private": text,
	},
	hostapi.HookSessionClaims: {
		"session_id": id, "user_id": id, "role": enum, "tenant": nil, "tenant.name": text, "tenant.slug": text, "reason": enum,
	},
	hostapi.HookEventDeliver: {"event": nil, "attempt": nil},
}

// ruleOf finds the rule of a place; what has none is personal.
func ruleOf(h hostapi.Hook, place []string) rule {
	all := fields[h]
	if at := all[strings.Join(place, ".")]; at != nil {
		return at
	}
	if len(place) > 1 && h == hostapi.HookEventDeliver && place[0] == "event" {
		name := place[len(place)-1]
		return func(r *Redactor, s string) string { return r.member(name, s) }
	}
	for i := 1; i < len(place); i++ {
		open := append([]string{}, place...)
		if open[i] = "*"; all[strings.Join(open, ".")] != nil {
			return all[strings.Join(open, ".")]
		}
	}
	return text
}
