use usher::renderer::{Kind, Message};

#[derive(Clone, Copy)]
pub enum Language {
    English,
    German,
}

use Language::{English, German};

/// What every mail of a language says.
pub struct Phrases {
    pub hello: &'static str,
    pub hello_name: &'static str, // {name}
    pub until: &'static str,      // {until}
    pub fallback: &'static str,   // before the link in full
    pub ignore: &'static str,
    pub bye: &'static str,
}

/// What one kind of mail says in one language. {tenant} and {inviter} stand for names.
pub struct Words {
    pub subject: &'static str,
    pub title: &'static str,
    pub body: &'static str,
    pub button: &'static str,
}

impl Language {
    /// The language of a BCP 47 tag; English for any that is not spoken here.
    pub fn of(locale: &str) -> Self {
        match locale.split(['-', '_']).next() {
            Some(language) if language.eq_ignore_ascii_case("de") => German,
            _ => English,
        }
    }

    pub fn tag(self) -> &'static str {
        match self {
            English => "en",
            German => "de",
        }
    }

    pub fn phrases(self) -> Phrases {
        match self {
            English => Phrases {
                hello: "Hello,",
                hello_name: "Hello {name},",
                until: "The link is good until {until}.",
                fallback: "If the button does not work, open this address:",
                ignore: "You did not expect this message? Then simply delete it; nothing will happen.",
                bye: "Warm regards",
            },
            German => Phrases {
                hello: "Hallo,",
                hello_name: "Hallo {name},",
                until: "Der Link gilt bis {until}.",
                fallback: "Falls der Knopf nicht funktioniert, öffnen Sie diese Adresse:",
                ignore: "Sie haben diese Nachricht nicht erwartet? Dann können Sie sie einfach löschen; es geschieht nichts.",
                bye: "Herzliche Grüße",
            },
        }
    }

    /// Writes an RFC 3339 time in UTC the way the language does; nothing for what is no such time.
    pub fn date(self, time: &str) -> Option<String> {
        let (year, month, day) = (time.get(..4)?, time.get(5..7)?, time.get(8..10)?);
        let clock = time.get(11..16)?;
        let parts = [time.get(4..5)?, time.get(7..8)?, time.get(19..)?];
        let month = MONTHS.get(month.parse::<usize>().ok()?.checked_sub(1)?)?;
        let day: u8 = day.parse().ok()?;
        if parts != ["-", "-", "Z"] || day == 0 {
            return None;
        }
        Some(match self {
            English => format!("{} {} {}, {} UTC", day, month.0, year, clock),
            German => format!("{}. {} {}, {} Uhr (UTC)", day, month.1, year, clock),
        })
    }
}

const MONTHS: [(&str, &str); 12] = [
    ("January", "Januar"),
    ("February", "Februar"),
    ("March", "März"),
    ("April", "April"),
    ("May", "Mai"),
    ("June", "Juni"),
    ("July", "Juli"),
    ("August", "August"),
    ("September", "September"),
    ("October", "Oktober"),
    ("November", "November"),
    ("December", "Dezember"),
];

/// Gives the words of a mail, and nothing for a kind that is not known.
pub fn of(language: Language, m: &Message) -> Option<Words> {
    let (subject, title, body, button) = match (&m.kind, language) {
        (Kind::OwnerVerification, English) => (
            "Welcome to {tenant}: please confirm your address",
            "Welcome aboard!",
            "How nice that you are setting up {tenant}. One click confirms that this address is yours, and everything is ready for you.",
            "Confirm my address",
        ),
        (Kind::OwnerVerification, German) => (
            "Willkommen bei {tenant}: bitte bestätigen Sie Ihre Adresse",
            "Herzlich willkommen!",
            "Schön, dass Sie {tenant} einrichten. Ein Klick bestätigt, dass diese Adresse Ihnen gehört, und alles ist bereit.",
            "Adresse bestätigen",
        ),
        (Kind::Invitation, English) if m.inviter_name.is_empty() => (
            "You are invited to {tenant}",
            "You are invited!",
            "You have been invited to join {tenant}. Your place is ready, we are looking forward to you.",
            "Join {tenant}",
        ),
        (Kind::Invitation, German) if m.inviter_name.is_empty() => (
            "Sie sind zu {tenant} eingeladen",
            "Sie sind eingeladen!",
            "Sie wurden zu {tenant} eingeladen. Ihr Platz ist bereit, wir freuen uns auf Sie.",
            "{tenant} beitreten",
        ),
        (Kind::Invitation, English) => (
            "{inviter} invites you to {tenant}",
            "You are invited!",
            "{inviter} would like you to join {tenant}. Your place is ready, we are looking forward to you.",
            "Join {tenant}",
        ),
        (Kind::Invitation, German) => (
            "{inviter} lädt Sie zu {tenant} ein",
            "Sie sind eingeladen!",
            "{inviter} möchte Sie bei {tenant} dabeihaben. Ihr Platz ist bereit, wir freuen uns auf Sie.",
            "{tenant} beitreten",
        ),
        (Kind::ExistingAccount, English) => (
            "You already have an account",
            "Good to see you again!",
            "Somebody, probably you, tried to sign up with this address. It has an account already, so there is nothing to set up: just sign in.",
            "Sign in",
        ),
        (Kind::ExistingAccount, German) => (
            "Sie haben bereits ein Konto",
            "Schön, Sie wiederzusehen!",
            "Jemand, vermutlich Sie selbst, wollte sich mit dieser Adresse registrieren. Es gibt schon ein Konto, Sie müssen nichts einrichten: melden Sie sich einfach an.",
            "Anmelden",
        ),
        (Kind::SignIn, English) => (
            "Your sign-in link for {tenant}",
            "Welcome back!",
            "Here is the link that signs you in to {tenant}. It works once.",
            "Sign in",
        ),
        (Kind::SignIn, German) => (
            "Ihr Anmeldelink für {tenant}",
            "Willkommen zurück!",
            "Dieser Link meldet Sie bei {tenant} an. Er funktioniert einmal.",
            "Anmelden",
        ),
        (Kind::PasswordReset, English) => (
            "A new password for {tenant}",
            "Choose a new password",
            "You asked for a new password for {tenant}. Choose one here; until then the old one goes on working.",
            "Choose a password",
        ),
        (Kind::PasswordReset, German) => (
            "Ein neues Passwort für {tenant}",
            "Neues Passwort wählen",
            "Sie haben ein neues Passwort für {tenant} angefordert. Wählen Sie es hier; bis dahin gilt das alte weiter.",
            "Passwort wählen",
        ),
        (Kind::Other(_), _) => return None,
    };
    Some(Words { subject, title, body, button })
}
