package letter

import (
	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/sdk/renderer"
)

const (
	english = "en"
	german  = "de"
)

// languageOf picks the language of a BCP 47 tag; English for any that is not spoken here.
func languageOf(locale string) string {
	if len(locale) >= 2 && (locale[0] == 'd' || locale[0] == 'D') && (locale[1] == 'e' || locale[1] == 'E') &&
		(len(locale) == 2 || locale[2] == '-' || locale[2] == '_') {
		return german
	}
	return english
}

func phrasesOf(language string) phrases {
	if language == german {
		return phrases{
			hello: "Hallo,", helloName: "Hallo {name},", until: "Der Link gilt bis {until}.",
			fallback: "Falls der Knopf nicht funktioniert, öffnen Sie diese Adresse:",
			ignore:   "Sie haben diese Nachricht nicht erwartet? Dann können Sie sie einfach löschen; es geschieht nichts.",
			bye:      "Herzliche Grüße",
		}
	}
	return phrases{
		hello: "Hello,", helloName: "Hello {name},", until: "The link is good until {until}.",
		fallback: "If the button does not work, open this address:",
		ignore:   "You did not expect this message? Then simply delete it; nothing will happen.",
		bye:      "Warm regards",
	}
}

// wordsOf gives the words of a mail, and false for a kind that is not known.
func wordsOf(language string, m renderer.Message) (words, bool) {
	if language == german {
		return germanWords(m)
	}
	return englishWords(m)
}

func englishWords(m renderer.Message) (words, bool) {
	switch m.Kind {
	case hostapi.MessageOwnerVerification:
		return words{
			"Welcome to {tenant}: please confirm your address", "Welcome aboard!",
			"How nice that you are setting up {tenant}. One click confirms that this address is yours, and everything is ready for you.", "Confirm my address",
		}, true
	case hostapi.MessageInvitation:
		if m.InviterName == "" {
			return words{
				"You are invited to {tenant}", "You are invited!",
				"You have been invited to join {tenant}. Your place is ready, we are looking forward to you.", "Join {tenant}",
			}.named(m), true
		}
		return words{
			"{inviter} invites you to {tenant}", "You are invited!",
			"{inviter} would like you to join {tenant}. Your place is ready, we are looking forward to you.", "Join {tenant}",
		}.named(m), true
	case hostapi.MessageExistingAccount:
		return words{
			"You already have an account", "Good to see you again!",
			"Somebody, probably you, tried to sign up with this address. It has an account already, so there is nothing to set up: just sign in.", "Sign in",
		}, true
	case hostapi.MessageSignIn:
		return words{
			"Your sign-in link for {tenant}", "Welcome back!",
			"Here is the link that signs you in to {tenant}. It works once.", "Sign in",
		}, true
	case hostapi.MessagePasswordReset:
		return words{
			"A new password for {tenant}", "Choose a new password",
			"You asked for a new password for {tenant}. Choose one here; until then the old one goes on working.", "Choose a password",
		}, true
	}
	return words{}, false
}

func germanWords(m renderer.Message) (words, bool) {
	switch m.Kind {
	case hostapi.MessageOwnerVerification:
		return words{
			"Willkommen bei {tenant}: bitte bestätigen Sie Ihre Adresse", "Herzlich willkommen!",
			"Schön, dass Sie {tenant} einrichten. Ein Klick bestätigt, dass diese Adresse Ihnen gehört, und alles ist bereit.", "Adresse bestätigen",
		}, true
	case hostapi.MessageInvitation:
		if m.InviterName == "" {
			return words{
				"Sie sind zu {tenant} eingeladen", "Sie sind eingeladen!",
				"Sie wurden zu {tenant} eingeladen. Ihr Platz ist bereit, wir freuen uns auf Sie.", "{tenant} beitreten",
			}.named(m), true
		}
		return words{
			"{inviter} lädt Sie zu {tenant} ein", "Sie sind eingeladen!",
			"{inviter} möchte Sie bei {tenant} dabeihaben. Ihr Platz ist bereit, wir freuen uns auf Sie.", "{tenant} beitreten",
		}.named(m), true
	case hostapi.MessageExistingAccount:
		return words{
			"Sie haben bereits ein Konto", "Schön, Sie wiederzusehen!",
			"Jemand, vermutlich Sie selbst, wollte sich mit dieser Adresse registrieren. Es gibt schon ein Konto, Sie müssen nichts einrichten: melden Sie sich einfach an.", "Anmelden",
		}, true
	case hostapi.MessageSignIn:
		return words{
			"Ihr Anmeldelink für {tenant}", "Willkommen zurück!",
			"Dieser Link meldet Sie bei {tenant} an. Er funktioniert einmal.", "Anmelden",
		}, true
	case hostapi.MessagePasswordReset:
		return words{
			"Ein neues Passwort für {tenant}", "Neues Passwort wählen",
			"Sie haben ein neues Passwort für {tenant} angefordert. Wählen Sie es hier; bis dahin gilt das alte weiter.", "Passwort wählen",
		}, true
	}
	return words{}, false
}

// named fills the names into the button, which is short enough to hold one.
func (w words) named(m renderer.Message) words {
	w.button = fill(w.button, m)
	return w
}
