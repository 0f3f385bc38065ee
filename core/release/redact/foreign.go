package redact

import (
	"regexp"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

const shapeMedia = `[a-z]+/[a-z0-9.+-]+(; ?charset=[A-Za-z0-9-]+)?`

var (
	harmless = regexp.MustCompile(`^(?:` + shapeUUID + `|` + shapeInstant + `|` + shapeNumber + `)$`)
	wordlike = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.:/+-]{0,60}$`)
	plainKey = regexp.MustCompile(`^[A-Za-z_$][A-Za-z0-9_.$-]{0,60}$`)
)

// verdicts are words that decide something and name nobody.
var verdicts = set(`ok yes no true false on off none null unknown allow allowed deny denied block blocked pass passed fail failed
	pending active inactive enabled disabled verified unverified valid invalid delivered delivery deferred bounce bounced complained complaint
	accepted rejected refused retry error success low medium high critical good bad new free trial paid pro open closed queued sent`)

// telling are members whose values are words of a contract; compared in small letters without - and _.
var telling = set(`status state type event kind code outcome result action verdict risk severity level category reason currency country locale
	lang language provider method recordtype eventtype messagestream specversion datacontenttype contenttype role plan version`)

func set(list string) map[string]struct{} {
	s := map[string]struct{}{}
	for _, word := range strings.Fields(list) {
		s[word] = struct{}{}
	}
	return s
}

// foreign redacts a text that another system or a plugin wrote: as JSON where it is that, otherwise every word of it.
func foreign(r *Redactor, s string) string {
	if trimmed := strings.TrimSpace(s); strings.HasPrefix(trimmed, "{") || strings.HasPrefix(trimmed, "[") {
		out, err := walk([]byte(s), func(place []string, isName bool, value string) string {
			if isName {
				return r.name(value)
			}
			name := ""
			for _, one := range place {
				if one != "*" {
					name = one
				}
			}
			return r.member(name, value)
		})
		if err == nil {
			return string(out)
		}
	}
	return r.member("", s)
}

// member redacts the value of a member of foreign JSON.
func (r *Redactor) member(name, s string) string {
	if harmless.MatchString(s) {
		return s
	}
	if _, known := verdicts[small(s)]; known && r.familiar(s) == s {
		return s
	}
	name = strings.NewReplacer("-", "", "_", "").Replace(small(name))
	if _, told := telling[name]; told && wordlike.MatchString(s) && r.familiar(s) == s {
		return s
	}
	if strings.HasPrefix(s, "{") || strings.HasPrefix(s, "[") {
		if jsontext.Value(s).IsValid() {
			return foreign(r, s)
		}
	}
	return r.text(s)
}

// name redacts the name of a member that somebody else chose.
func (r *Redactor) name(s string) string {
	if plainKey.MatchString(s) {
		return r.familiar(s)
	}
	return r.text(s)
}
