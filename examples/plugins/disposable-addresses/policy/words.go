package policy

// sentence is what a person is told, in each language.
type sentence struct{ en, de, fr string }

var (
	signupWords = sentence{
		en: "Please sign up with an address that you will keep: mail to this one is thrown away.",
		de: "Bitte melden Sie sich mit einer Adresse an, die Sie behalten: Post an diese wird weggeworfen.",
		fr: "Veuillez vous inscrire avec une adresse durable : les messages envoyés à celle-ci sont jetés.",
	}
	invitationWords = sentence{
		en: "Please invite people by an address that they will keep: mail to this one is thrown away.",
		de: "Bitte laden Sie mit einer Adresse ein, die behalten wird: Post an diese wird weggeworfen.",
		fr: "Veuillez inviter avec une adresse durable : les messages envoyés à celle-ci sont jetés.",
	}
)

// in chooses the language by the locale, which is BCP 47.
func (s sentence) in(locale string) string {
	switch language := locale[:min(2, len(locale))]; language {
	case "de":
		return s.de
	case "fr":
		return s.fr
	}
	return s.en
}
