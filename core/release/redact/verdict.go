package redact

import (
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/hostapi"
)

var (
	snake  = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)
	member = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)
)

// What a plugin wrote in place of a code or a field of the contract is not repeated.
const unfit = "(not of the contract)"

// Verdict gives the outcome, fields and codes of an answer to a hook.
func Verdict(h hostapi.Hook, output []byte) core.PluginVerdict {
	o := decode(output)
	v := core.PluginVerdict{Outcome: string(o.Outcome)}
	if o.Outcome != hostapi.Continue && o.Outcome != hostapi.Deny {
		v.Outcome = unfit
	}
	for _, e := range o.Errors {
		code := e.Code
		if !snake.MatchString(code) {
			code = unfit
		}
		v.Errors = append(v.Errors, core.PluginFieldError{Field: field(h, e.Field), Code: code})
	}
	return v
}

// Differing names the members in which two answers to a hook differ, in their order: outcome, data.slug, errors. Below
// a member of the data nothing is named: those names may be anybody's.
func Differing(a, b []byte) (members []string) {
	x, y := decode(a), decode(b)
	if x.Outcome != y.Outcome {
		members = append(members, "outcome")
	}
	names := maps.Clone(x.Data)
	if names == nil {
		names = map[string]any{}
	}
	maps.Copy(names, y.Data)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if reflect.DeepEqual(x.Data[name], y.Data[name]) {
			continue
		}
		if !member.MatchString(name) {
			name = unfit
		}
		members = append(members, "data."+name)
	}
	switch {
	case !slices.Equal(withoutMessages(x.Errors), withoutMessages(y.Errors)):
		members = append(members, "errors")
	case !slices.Equal(x.Errors, y.Errors):
		members = append(members, "errors.message")
	}
	return members
}

func decode(output []byte) (o hostapi.Output[map[string]any]) {
	_ = json.Unmarshal(output, &o) // the caller has judged its form; nonsense is an answer without members
	return o
}

func withoutMessages(list []hostapi.FieldError) []hostapi.FieldError {
	list = slices.Clone(list)
	for i := range list {
		list[i].Message = ""
	}
	return list
}

// field repeats a name of the contract, and * for one that a client chose.
func field(h hostapi.Hook, name string) string {
	all := fields[h]
	if _, ours := all[name]; ours {
		return name
	}
	first, _, below := strings.Cut(name, ".")
	if _, ours := all[first]; ours && below {
		return first + ".*"
	}
	if h == hostapi.HookPasswordCheck && name == "password" {
		return name
	}
	return unfit
}
