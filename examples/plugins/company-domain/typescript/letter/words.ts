import type { MessageKind } from "#usher";

/** What one kind of mail says. {tenant} and {inviter} stand for names. */
export interface Words {
  subject: string;
  title: string;
  body: string;
  button: string;
}

/** What every mail of a language says, and what each kind does. */
export interface Phrases {
  hello: string;
  helloName: string;
  until: string;
  /** before the link in full */
  fallback: string;
  ignore: string;
  bye: string;
  /** Gives the words of a mail; undefined for a kind that is not known. */
  of(kind: MessageKind, invited: boolean): Words | undefined;
}

type Kinds = Record<MessageKind | "invitationOfNobody", Words>;

function choosing(kinds: Kinds): Phrases["of"] {
  return (kind, invited) => kinds[kind === "invitation" && !invited ? "invitationOfNobody" : kind];
}

/** Picks the language of a BCP 47 tag; English for any that is not spoken here. */
export function languageOf(locale: string): "en" | "de" {
  return /^de([-_]|$)/i.test(locale) ? "de" : "en";
}

export const english: Phrases = {
  hello: "Hello,",
  helloName: "Hello {name},",
  until: "The link is good until {until}.",
  fallback: "If the button does not work, open this address:",
  ignore: "You did not expect this message? Then simply delete it; nothing will happen.",
  bye: "Warm regards",
  of: choosing({
    owner_verification: {
      subject: "Welcome to {tenant}: please confirm your address",
      title: "Welcome aboard!",
      body: "How nice that you are setting up {tenant}. One click confirms that this address is yours, and everything is ready for you.",
      button: "Confirm my address",
    },
    invitationOfNobody: {
      subject: "You are invited to {tenant}",
      title: "You are invited!",
      body: "You have been invited to join {tenant}. Your place is ready, we are looking forward to you.",
      button: "Join {tenant}",
    },
    invitation: {
      subject: "{inviter} invites you to {tenant}",
      title: "You are invited!",
      body: "{inviter} would like you to join {tenant}. Your place is ready, we are looking forward to you.",
      button: "Join {tenant}",
    },
    existing_account: {
      subject: "You already have an account",
      title: "Good to see you again!",
      body: "Somebody, probably you, tried to sign up with this address. It has an account already, so there is nothing to set up: just sign in.",
      button: "Sign in",
    },
    sign_in: {
      subject: "Your sign-in link for {tenant}",
      title: "Welcome back!",
      body: "Here is the link that signs you in to {tenant}. It works once.",
      button: "Sign in",
    },
    password_reset: {
      subject: "A new password for {tenant}",
      title: "Choose a new password",
      body: "You asked for a new password for {tenant}. Choose one here; until then the old one goes on working.",
      button: "Choose a password",
    },
  }),
};

export const german: Phrases = {
  hello: "Hallo,",
  helloName: "Hallo {name},",
  until: "Der Link gilt bis {until}.",
  fallback: "Falls der Knopf nicht funktioniert, öffnen Sie diese Adresse:",
  ignore: "Sie haben diese Nachricht nicht erwartet? Dann können Sie sie einfach löschen; es geschieht nichts.",
  bye: "Herzliche Grüße",
  of: choosing({
    owner_verification: {
      subject: "Willkommen bei {tenant}: bitte bestätigen Sie Ihre Adresse",
      title: "Herzlich willkommen!",
      body: "Schön, dass Sie {tenant} einrichten. Ein Klick bestätigt, dass diese Adresse Ihnen gehört, und alles ist bereit.",
      button: "Adresse bestätigen",
    },
    invitationOfNobody: {
      subject: "Sie sind zu {tenant} eingeladen",
      title: "Sie sind eingeladen!",
      body: "Sie wurden zu {tenant} eingeladen. Ihr Platz ist bereit, wir freuen uns auf Sie.",
      button: "{tenant} beitreten",
    },
    invitation: {
      subject: "{inviter} lädt Sie zu {tenant} ein",
      title: "Sie sind eingeladen!",
      body: "{inviter} möchte Sie bei {tenant} dabeihaben. Ihr Platz ist bereit, wir freuen uns auf Sie.",
      button: "{tenant} beitreten",
    },
    existing_account: {
      subject: "Sie haben bereits ein Konto",
      title: "Schön, Sie wiederzusehen!",
      body: "Jemand, vermutlich Sie selbst, wollte sich mit dieser Adresse registrieren. Es gibt schon ein Konto, Sie müssen nichts einrichten: melden Sie sich einfach an.",
      button: "Anmelden",
    },
    sign_in: {
      subject: "Ihr Anmeldelink für {tenant}",
      title: "Willkommen zurück!",
      body: "Dieser Link meldet Sie bei {tenant} an. Er funktioniert einmal.",
      button: "Anmelden",
    },
    password_reset: {
      subject: "Ein neues Passwort für {tenant}",
      title: "Neues Passwort wählen",
      body: "Sie haben ein neues Passwort für {tenant} angefordert. Wählen Sie es hier; bis dahin gilt das alte weiter.",
      button: "Passwort wählen",
    },
  }),
};
