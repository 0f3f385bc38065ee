package manifest

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/usher-id/usher/hostapi"
)

// MaxBytes bounds a manifest.
const MaxBytes = 256 << 10

// Parse decodes and judges a manifest.
func Parse(b []byte) (hostapi.Manifest, error) {
	var m hostapi.Manifest
	if len(b) > MaxBytes {
		return m, fmt.Errorf("manifest: %d bytes are more than the limit of %d", len(b), MaxBytes)
	}
	if err := decode(b, &m); err != nil {
		return m, fmt.Errorf("manifest: %w", err)
	}
	p := &problems{}
	p.identity(m)
	p.hooks(m.Hooks)
	p.requests(m.Requests)
	p.limits(m.Limits)
	schema := p.configSchema(m.ConfigSchema)
	p.fixtures(m, schema)
	if err := p.err(); err != nil {
		return m, fmt.Errorf("manifest: %w", err)
	}
	return m, nil
}

// problems collects what is wrong.
type problems struct{ list []string }

// maxProblems bounds an error: a stranger may have made a thousand mistakes.
const maxProblems = 20

func (p *problems) add(where, format string, args ...any) {
	p.list = append(p.list, where+": "+fmt.Sprintf(format, args...))
}

func (p *problems) err() error {
	if len(p.list) == 0 {
		return nil
	}
	if more := len(p.list) - maxProblems; more > 0 {
		p.list = append(p.list[:maxProblems], fmt.Sprintf("and %d more", more))
	}
	return errors.New(strings.Join(p.list, "; "))
}

func nameForm() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`) }

// IsName tells whether a plugin may have that name.
func IsName(s string) bool { return nameForm().MatchString(s) }

// versionForm is that of semver.org 2.0.0, in their own words.
func versionForm() *regexp.Regexp {
	return regexp.MustCompile(`^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)` +
		`(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?` +
		`(?:\+([0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*))?$`)
}

// maxVersion bounds a version, in bytes.
const maxVersion = 64

func (p *problems) identity(m hostapi.Manifest) {
	if !IsName(m.Name) {
		p.add("name", "%s is not made of lower case letters, digits and dashes, 63 at most", quote(m.Name))
	}
	if len(m.Version) > maxVersion || !versionForm().MatchString(m.Version) {
		p.add("version", "%s is no semantic version; write one such as 1.4.0 or 2.0.0-rc.1", quote(m.Version))
	}
}

func (p *problems) hooks(hooks map[hostapi.Hook]hostapi.HookNeeds) {
	if len(hooks) == 0 {
		p.add("hooks", "there is none; name each hook that the plugin serves, such as %q: {\"fields\": [\"email\"]}", hostapi.HookSignupValidate)
	}
	for _, h := range slices.Sorted(maps.Keys(hooks)) {
		where := "hooks." + string(h)
		if !h.Known() {
			p.add("hooks", "there is no hook %s; did you mean %s?", quote(string(h)), nearest(string(h), hookNames()))
			continue
		}
		known, seen := Fields(h), map[string]bool{}
		for i, field := range hooks[h].Fields {
			switch at := fmt.Sprintf("%s.fields[%d]", where, i); {
			case !slices.Contains(known, field):
				p.add(at, "%s has no field %s; did you mean %s?", h, quote(field), nearest(field, known))
			case seen[field]:
				p.add(at, "%s is named twice", field)
			}
			seen[field] = true
		}
	}
}

func hookNames() []string {
	names := make([]string, 0, len(hostapi.Hooks()))
	for _, h := range hostapi.Hooks() {
		names = append(names, string(h))
	}
	return names
}

// limits compares each limit with its greatest value.
func (p *problems) limits(l hostapi.Limits) {
	got, most := reflect.ValueOf(l), reflect.ValueOf(hostapi.MaxLimits())
	for i := range got.NumField() {
		if v := got.Field(i).Int(); v < 0 || v > most.Field(i).Int() {
			p.add("limits."+jsonName(got.Type().Field(i)), "%d is not from 1 to %d; leave it out for the default", v, most.Field(i).Int())
		}
	}
}

// maxQuoted bounds what is repeated of a stranger's words, in bytes.
const maxQuoted = 80

func quote(s string) string {
	if len(s) > maxQuoted {
		return fmt.Sprintf("%q…", s[:maxQuoted])
	}
	return fmt.Sprintf("%q", s)
}
