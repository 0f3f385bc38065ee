package policy

// freeMail are well-known free mail services.
var freeMail = []string{ //nolint:gochecknoglobals // a constant
	"gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "yahoo.com", "icloud.com", "me.com",
	"aol.com", "gmx.de", "gmx.net", "web.de", "proton.me", "protonmail.com", "mail.com", "yandex.com",
}

// sentence is what a person is told, in each language.
type sentence struct{ en, de string }

var signupWords = map[string]sentence{ //nolint:gochecknoglobals // a constant
	codeFreeMail: {"Please sign up with your company e-mail address.", "Bitte melden Sie sich mit Ihrer geschäftlichen E-Mail-Adresse an."},
	codeBlocked:  {"Addresses of this domain cannot sign up here.", "Mit Adressen dieser Domain kann man sich hier nicht anmelden."},
}

var invitationWords = map[string]sentence{ //nolint:gochecknoglobals // a constant
	codeFreeMail: {"Please invite people by their company e-mail address.", "Bitte laden Sie mit der geschäftlichen E-Mail-Adresse ein."},
	codeBlocked:  {"Addresses of this domain cannot be invited.", "Adressen dieser Domain können nicht eingeladen werden."},
}

// say chooses the language by the locale, which is BCP 47.
func say(locale string, s sentence) string {
	if len(locale) >= 2 && locale[:2] == "de" {
		return s.de
	}
	return s.en
}
