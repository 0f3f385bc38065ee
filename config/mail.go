package config

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// MailWay is one provider of mail.providers.
type MailWay struct {
	Name   string
	Kind   MailProvider
	Plugin string // of kind plugin: the one of plugins.load that adapts it
	SMTP   SMTP   // of kind smtp; what is left out has the default of mail.smtp
	// Dedicated has it for those only whom mail.tenants gives it.
	Dedicated bool
}

// Ways are the providers by which mail leaves, in order: mail.providers, or the one that
// mail.provider and mail.smtp say.
func (m Mail) Ways() []MailWay {
	if len(m.Providers) > 0 {
		return m.Providers
	}
	return []MailWay{{Name: string(m.Provider), Kind: m.Provider, SMTP: m.SMTP}}
}

// decodeWays reads the list of providers.
func decodeWays(raw any) ([]MailWay, *wrong) {
	items, bad := sectionItems(raw, "provider")
	if bad != nil {
		return nil, bad
	}
	list := make([]MailWay, 0, len(items))
	for i, item := range items {
		w, bad := decodeWay(item)
		if bad == nil && slices.ContainsFunc(list, func(earlier MailWay) bool { return earlier.Name == w.Name }) {
			bad = &wrong{"name is one that an earlier one has", "give each its own name"}
		}
		if bad == nil && w.Kind == MailSink && slices.ContainsFunc(list, func(earlier MailWay) bool { return earlier.Kind == MailSink }) {
			bad = &wrong{"kind is sink, and an earlier one is the sink", "keep one of the two"}
		}
		if bad != nil {
			return nil, &wrong{fmt.Sprintf("item %d: %s", i+1, bad.says), bad.fix}
		}
		list = append(list, w)
	}
	return list, nil
}

func decodeWay(raw any) (w MailWay, bad *wrong) {
	m, ok := raw.(map[string]any)
	if !ok {
		return w, &wrong{"wants name and kind, has " + nameOf(raw), "write name: and kind: below the -"}
	}
	var smtp any
	for _, key := range slices.Sorted(maps.Keys(m)) {
		value := m[key]
		switch key {
		case "name":
			w.Name, bad = decodeText(value)
		case "kind":
			var kind string
			kind, bad = decodeText(value)
			w.Kind = MailProvider(kind)
		case "plugin":
			w.Plugin, bad = decodeText(value)
		case "smtp":
			smtp = value
		case "dedicated":
			w.Dedicated, bad = decodeBool(value)
		default:
			return w, &wrong{fmt.Sprintf("%s is an unknown key", key), "did you mean " + nearest(key, []string{"name", "kind", "plugin", "smtp", "dedicated"}) + "?"}
		}
		if bad != nil {
			return w, &wrong{key + " " + bad.says, bad.fix}
		}
	}
	return w, w.complete(smtp)
}

// complete checks the keys that depend on the kind, and reads the mail server's.
func (w *MailWay) complete(smtp any) *wrong {
	switch {
	case !regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`).MatchString(w.Name):
		return &wrong{"name is no good name", "name it with small letters, digits and -"}
	case !slices.Contains([]MailProvider{MailSMTP, MailSink, MailPlugin}, w.Kind):
		return &wrong{"kind is not one of its values", "write smtp, sink or plugin"}
	case (w.Kind == MailPlugin) != (w.Plugin != ""):
		return &wrong{"plugin and the kind plugin go together", "set both or neither"}
	case w.Kind != MailSMTP && smtp != nil:
		return &wrong{"smtp is set, and the kind is " + string(w.Kind), "remove the section or write kind: smtp"}
	case w.Kind != MailSMTP:
		return nil
	}
	var bad *wrong
	if w.SMTP, bad = decodeSMTP(smtp); bad == nil {
		bad = checkSMTP(w.SMTP)
	}
	if bad != nil {
		return &wrong{"smtp." + bad.says, bad.fix}
	}
	return nil
}

// decodeSMTP reads the section of a mail server, whose keys are those of mail.smtp. The
// host has no default: mail must not go somewhere else because a line is missing.
func decodeSMTP(raw any) (SMTP, *wrong) {
	const section = "mail.smtp."
	m, ok := raw.(map[string]any)
	if !ok {
		return SMTP{}, &wrong{"host is missing", "name the mail server as host: below smtp:"}
	}
	said, err := reference()
	if err != nil {
		return SMTP{}, &wrong{"host cannot be read: " + err.Error(), "build this program anew"}
	}
	c, known := &Config{}, []string{}
	for _, s := range settings() {
		key, inside := strings.CutPrefix(s.Path, section)
		if !inside {
			continue
		}
		known = append(known, key)
		value, given := m[key]
		if !given && key != "host" {
			value = text(said[s.Path].value)
		}
		if value == nil {
			value = text("")
		}
		decoded, bad := decode(s, value)
		if bad == nil {
			bad = bounds(s, decoded)
		}
		if bad != nil {
			return SMTP{}, &wrong{key + " " + bad.says, bad.fix}
		}
		set(s.of(c), decoded)
	}
	for _, key := range slices.Sorted(maps.Keys(m)) {
		if !slices.Contains(known, key) {
			return SMTP{}, &wrong{key + " is an unknown key", "did you mean " + nearest(key, known) + "?"}
		}
	}
	return c.Mail.SMTP, nil
}

// checkSMTP checks what one key of a mail server alone cannot tell.
func checkSMTP(s SMTP) *wrong {
	switch {
	case s.Host == "":
		return &wrong{"host is empty", "name the mail server"}
	case s.TLS == TLSOff && !isLoopback(s.Host):
		return &wrong{"tls is off, and host is not this machine itself", "write required or implicit"}
	case (s.Username == "") != s.Password.IsZero():
		return &wrong{"username and password go together", "set both or neither"}
	}
	return nil
}

type wayView struct {
	Name   string    `yaml:"name"`
	Kind   string    `yaml:"kind"`
	Plugin string    `yaml:"plugin,omitempty"`
	SMTP   *smtpView `yaml:"smtp,omitempty"`

	Dedicated bool `yaml:"dedicated,omitempty"`
}

type smtpView struct {
	Host        string `yaml:"host"`
	Port        int    `yaml:"port"`
	Username    string `yaml:"username,omitempty"`
	Password    string `yaml:"password,omitempty"`
	TLS         string `yaml:"tls"`
	Timeout     string `yaml:"timeout"`
	Connections int    `yaml:"connections"`
	CAFile      string `yaml:"ca_file,omitempty"`
}

// shownWay is a provider without its password.
func shownWay(w MailWay) wayView {
	v := wayView{Name: w.Name, Kind: string(w.Kind), Plugin: w.Plugin, Dedicated: w.Dedicated}
	if w.Kind == MailSMTP {
		s := w.SMTP
		v.SMTP = &smtpView{
			Host: s.Host, Port: s.Port, Username: s.Username, TLS: string(s.TLS), Timeout: formatDuration(s.Timeout), Connections: s.Connections,
			CAFile: s.CAFile,
		}
		if !s.Password.IsZero() {
			v.SMTP.Password = redacted
		}
	}
	return v
}
