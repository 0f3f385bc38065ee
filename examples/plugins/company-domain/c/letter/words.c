#include "letter/letter.h"

#define T USHER_LITERAL

static const struct phrases english = {
    .language = T("en"), .hello = T("Hello,"), .hello_name = T("Hello {name},"), .until = T("The link is good until {until}."),
    .day_ends = T(" "), .year_ends = T(", "), .clock_ends = T(" UTC"),
    .months = {T("January"), T("February"), T("March"), T("April"), T("May"), T("June"), T("July"), T("August"), T("September"),
               T("October"), T("November"), T("December")},
    .fallback = T("If the button does not work, open this address:"),
    .ignore = T("You did not expect this message? Then simply delete it; nothing will happen."), .bye = T("Warm regards"),
};

static const struct phrases german = {
    .language = T("de"), .hello = T("Hallo,"), .hello_name = T("Hallo {name},"), .until = T("Der Link gilt bis {until}."),
    .day_ends = T(". "), .year_ends = T(", "), .clock_ends = T(" Uhr (UTC)"),
    .months = {T("Januar"), T("Februar"), T("März"), T("April"), T("Mai"), T("Juni"), T("Juli"), T("August"), T("September"), T("Oktober"),
               T("November"), T("Dezember")},
    .fallback = T("Falls der Knopf nicht funktioniert, öffnen Sie diese Adresse:"),
    .ignore = T("Sie haben diese Nachricht nicht erwartet? Dann können Sie sie einfach löschen; es geschieht nichts."),
    .bye = T("Herzliche Grüße"),
};

/* An invitation says who invites, where that is known. */
enum kind { OWNER_VERIFICATION, INVITATION, INVITATION_BY, EXISTING_ACCOUNT, SIGN_IN, PASSWORD_RESET, KINDS };

static const struct words in_english[KINDS] = {
    [OWNER_VERIFICATION] = {T("Welcome to {tenant}: please confirm your address"), T("Welcome aboard!"),
                            T("How nice that you are setting up {tenant}. One click confirms that this address is yours, and everything is ready for you."),
                            T("Confirm my address")},
    [INVITATION] = {T("You are invited to {tenant}"), T("You are invited!"),
                    T("You have been invited to join {tenant}. Your place is ready, we are looking forward to you."), T("Join {tenant}")},
    [INVITATION_BY] = {T("{inviter} invites you to {tenant}"), T("You are invited!"),
                       T("{inviter} would like you to join {tenant}. Your place is ready, we are looking forward to you."), T("Join {tenant}")},
    [EXISTING_ACCOUNT] = {T("You already have an account"), T("Good to see you again!"),
                          T("Somebody, probably you, tried to sign up with this address. It has an account already, so there is nothing to set up: just sign in."),
                          T("Sign in")},
    [SIGN_IN] = {T("Your sign-in link for {tenant}"), T("Welcome back!"), T("Here is the link that signs you in to {tenant}. It works once."), T("Sign in")},
    [PASSWORD_RESET] = {T("A new password for {tenant}"), T("Choose a new password"),
                        T("You asked for a new password for {tenant}. Choose one here; until then the old one goes on working."), T("Choose a password")},
};

static const struct words in_german[KINDS] = {
    [OWNER_VERIFICATION] = {T("Willkommen bei {tenant}: bitte bestätigen Sie Ihre Adresse"), T("Herzlich willkommen!"),
                            T("Schön, dass Sie {tenant} einrichten. Ein Klick bestätigt, dass diese Adresse Ihnen gehört, und alles ist bereit."),
                            T("Adresse bestätigen")},
    [INVITATION] = {T("Sie sind zu {tenant} eingeladen"), T("Sie sind eingeladen!"),
                    T("Sie wurden zu {tenant} eingeladen. Ihr Platz ist bereit, wir freuen uns auf Sie."), T("{tenant} beitreten")},
    [INVITATION_BY] = {T("{inviter} lädt Sie zu {tenant} ein"), T("Sie sind eingeladen!"),
                       T("{inviter} möchte Sie bei {tenant} dabeihaben. Ihr Platz ist bereit, wir freuen uns auf Sie."), T("{tenant} beitreten")},
    [EXISTING_ACCOUNT] = {T("Sie haben bereits ein Konto"), T("Schön, Sie wiederzusehen!"),
                          T("Jemand, vermutlich Sie selbst, wollte sich mit dieser Adresse registrieren. Es gibt schon ein Konto, Sie müssen nichts einrichten: melden Sie sich einfach an."),
                          T("Anmelden")},
    [SIGN_IN] = {T("Ihr Anmeldelink für {tenant}"), T("Willkommen zurück!"), T("Dieser Link meldet Sie bei {tenant} an. Er funktioniert einmal."), T("Anmelden")},
    [PASSWORD_RESET] = {T("Ein neues Passwort für {tenant}"), T("Neues Passwort wählen"),
                        T("Sie haben ein neues Passwort für {tenant} angefordert. Wählen Sie es hier; bis dahin gilt das alte weiter."), T("Passwort wählen")},
};

const struct phrases *phrases_of(usher_text l) {
  const bool is_german = l.len >= 2 && (l.at[0] | 0x20) == 'd' && (l.at[1] | 0x20) == 'e' && (l.len == 2 || l.at[2] == '-' || l.at[2] == '_');
  return is_german ? &german : &english;
}

static enum kind kind_of(const usher_message_render *m) {
  switch (m->kind.is) {
    case USHER_MESSAGE_KIND_OWNER_VERIFICATION: return OWNER_VERIFICATION;
    case USHER_MESSAGE_KIND_INVITATION: return m->inviter_name.len > 0 ? INVITATION_BY : INVITATION;
    case USHER_MESSAGE_KIND_EXISTING_ACCOUNT: return EXISTING_ACCOUNT;
    case USHER_MESSAGE_KIND_SIGN_IN: return SIGN_IN;
    case USHER_MESSAGE_KIND_PASSWORD_RESET: return PASSWORD_RESET;
    case USHER_MESSAGE_KIND_NONE:
    case USHER_MESSAGE_KIND_OTHER: break;
  }
  return KINDS;
}

struct words words_of(const struct phrases *phrases, const usher_message_render *message) {
  const enum kind kind = kind_of(message);
  if (kind == KINDS) return (struct words){{0}, {0}, {0}, {0}};
  return phrases == &german ? in_german[kind] : in_english[kind];
}
