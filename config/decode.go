package config

import (
	"log/slog"
	"math"
	"net/mail"
	"net/netip"
	"reflect"
	"strconv"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/usher-id/usher/core"
)

var (
	secretType   = reflect.TypeFor[core.Secret]()
	durationType = reflect.TypeFor[time.Duration]()
	levelType    = reflect.TypeFor[slog.Level]()
	addressType  = reflect.TypeFor[mail.Address]()
	networksType = reflect.TypeFor[[]netip.Prefix]()
	keysType     = reflect.TypeFor[[]SecretKey]()
	headersType  = reflect.TypeFor[[]Header]()
	pluginsType  = reflect.TypeFor[[]Plugin]()
	trustedType  = reflect.TypeFor[[]TrustedKey]()
	accessType   = reflect.TypeFor[[]IdentityProvider]()
	pacingType   = reflect.TypeFor[[]Pace]()
	tenantsType  = reflect.TypeFor[[]TenantMail]()
	dkimType     = reflect.TypeFor[[]DKIMKey]()
	waysType     = reflect.TypeFor[[]MailWay]()
	bindingsType = reflect.TypeFor[[]Binding]()
	listType     = reflect.TypeFor[[]string]()
)

// ofSections tells whether a setting is a list of sections, which is no flag.
func ofSections(t reflect.Type) bool {
	return t == pluginsType || t == waysType || t == bindingsType || t == accessType || t == trustedType || t == pacingType || t == dkimType || t == tenantsType
}

// text is a value from the environment, a flag or a preset: all kinds come as text.
type text string

// wrong is a value that does not fit, told without the value.
type wrong struct{ says, fix string }

// kindOf names a type as an operator would.
func kindOf(t reflect.Type) string {
	switch t {
	case secretType:
		return "secret"
	case durationType:
		return "duration"
	case levelType:
		return "level"
	case addressType:
		return "address"
	case networksType, keysType, headersType, listType, pluginsType, waysType, bindingsType, accessType, trustedType, pacingType, dkimType, tenantsType:
		return "list"
	}
	switch t.Kind() {
	case reflect.Int:
		return "int"
	case reflect.Float64:
		return "number"
	default:
		return "text"
	}
}

// decode turns a raw value into one of the setting's type.
func decode(s Setting, raw any) (any, *wrong) {
	switch s.typ {
	case durationType:
		return decodeDuration(raw)
	case levelType:
		return decodeLevel(raw)
	case addressType:
		return decodeAddress(raw)
	case networksType:
		return decodeList(raw, parseNetwork)
	case keysType:
		return decodeList(raw, parseKey)
	case headersType:
		return decodeList(raw, parseHeader)
	case listType:
		return decodeList(raw, func(item string) (string, *wrong) { return item, nil })
	case pluginsType:
		return decodePlugins(raw)
	case trustedType:
		return decodeTrustedKeys(raw)
	case accessType:
		return decodeIdentityProviders(raw)
	case pacingType:
		return decodePacing(raw)
	case tenantsType:
		return decodeTenantMail(raw)
	case dkimType:
		return decodeDKIM(raw)
	case waysType:
		return decodeWays(raw)
	}
	switch s.typ.Kind() {
	case reflect.Int:
		return decodeInt(raw)
	case reflect.Float64:
		return decodeFloat(raw)
	default:
		return decodeText(raw)
	}
}

func decodeText(raw any) (string, *wrong) {
	switch v := raw.(type) {
	case text:
		return string(v), nil
	case string:
		return v, nil
	case int, int64, uint64, float64, bool, time.Time:
		return "", &wrong{"wants text, has " + nameOf(raw), "put it in quotes"}
	default:
		return "", &wrong{"wants text, has " + nameOf(raw), "write one value"}
	}
}

func decodeInt(raw any) (int, *wrong) {
	switch v := raw.(type) {
	case int:
		return v, nil
	case text:
		if n, err := strconv.Atoi(string(v)); err == nil {
			return n, nil
		}
	}
	return 0, &wrong{"wants a whole number, has " + nameOf(raw), "write digits only, such as 10"}
}

func decodeFloat(raw any) (float64, *wrong) {
	switch v := raw.(type) {
	case int:
		return float64(v), nil
	case float64:
		if !math.IsNaN(v) {
			return v, nil
		}
	case text:
		if f, err := strconv.ParseFloat(string(v), 64); err == nil && !math.IsNaN(f) {
			return f, nil
		}
	}
	return 0, &wrong{"wants a number, has " + nameOf(raw), "write one such as 0.5"}
}

func decodeDuration(raw any) (time.Duration, *wrong) {
	const fix = "write one such as 500ms, 15m, 72h or 30d"
	s, ok := plainText(raw)
	if raw == 0 {
		s, ok = "0s", true
	}
	if !ok {
		return 0, &wrong{"wants a duration with its unit, has " + nameOf(raw), fix}
	}
	d, err := parseDuration(s)
	if err != nil {
		return 0, &wrong{"wants a duration with its unit, has other text", fix}
	}
	return d, nil
}

func decodeLevel(raw any) (slog.Level, *wrong) {
	s, _ := plainText(raw)
	switch s {
	case "debug":
		return slog.LevelDebug, nil
	case "info":
		return slog.LevelInfo, nil
	case "warn":
		return slog.LevelWarn, nil
	case "error":
		return slog.LevelError, nil
	}
	return 0, &wrong{"is not a level", "write debug, info, warn or error"}
}

func decodeAddress(raw any) (mail.Address, *wrong) {
	s, ok := plainText(raw)
	if !ok {
		return mail.Address{}, &wrong{"wants text, has " + nameOf(raw), "write it as Name <address>"}
	}
	if s == "" {
		return mail.Address{}, nil
	}
	a, err := mail.ParseAddress(s)
	if err != nil {
		return mail.Address{}, &wrong{"is not a mail address", "write it as Name <address>"}
	}
	return *a, nil
}

func plainText(raw any) (string, bool) {
	switch v := raw.(type) {
	case text:
		return string(v), true
	case string:
		return v, true
	default:
		return "", false
	}
}

// yamlOf reads text that holds a structure, as JSON or YAML.
func yamlOf(t text) (any, *wrong) {
	var v any
	if err := yaml.Unmarshal([]byte(t), &v); err != nil {
		return nil, &wrong{"is neither JSON nor YAML", "write it as JSON"}
	}
	return v, nil
}

// nameOf names the kind of a raw value.
func nameOf(raw any) string {
	switch v := raw.(type) {
	case text:
		if v == "" {
			return "nothing"
		}
		return "text"
	case string:
		return "text"
	case bool:
		return "true or false"
	case int, int64, uint64:
		return "a whole number"
	case float64:
		return "a number"
	case time.Time:
		return "a date"
	case []any:
		return "a list"
	case map[string]any, map[any]any:
		return "a section"
	case nil:
		return "nothing"
	default:
		return "another kind of value"
	}
}
