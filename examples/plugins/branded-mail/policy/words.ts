/** A language that the mails are written in. */
export type Language = "en" | "de" | "fr";

/** What one kind of mail says. {tenant}, {inviter} and {name} stand for names. */
export interface Words {
  subject: string;
  title: string;
  body: string;
  button: string;
  // for an invitation that does not say whose it is
  subjectWithoutInviter?: string;
  bodyWithoutInviter?: string;
}

/** What all mails of a language say. */
export interface Phrases {
  hello: string;
  helloName: string;
  until: string; // {until} stands for a time
  fallback: string; // before the link in full
  ignore: string;
  bye: string;
}

/** Picks the language of a BCP 47 tag; English for one that is not spoken here. */
export function languageOf(locale: string): Language {
  const language = locale.toLowerCase().split(/[-_]/)[0];
  return language === "de" || language === "fr" ? language : "en";
}

export const phrases: Record<Language, Phrases> = {
  en: {
    hello: "Hello,", helloName: "Hello {name},", until: "The link is good until {until}.",
    fallback: "If the button does not work, open this address:",
    ignore: "You did not expect this message? Then simply delete it; nothing will happen.", bye: "Kind regards",
  },
  de: {
    hello: "Guten Tag,", helloName: "Guten Tag {name},", until: "Der Link gilt bis {until}.",
    fallback: "Falls der Knopf nicht funktioniert, öffnen Sie diese Adresse:",
    ignore: "Sie haben diese Nachricht nicht erwartet? Dann löschen Sie sie einfach; es geschieht nichts.", bye: "Freundliche Grüße",
  },
  fr: {
    hello: "Bonjour,", helloName: "Bonjour {name},", until: "Le lien est valable jusqu’au {until}.",
    fallback: "Si le bouton ne fonctionne pas, ouvrez cette adresse :",
    ignore: "Vous n’attendiez pas ce message ? Supprimez-le simplement ; il ne se passera rien.", bye: "Cordialement",
  },
};

/** Gives the words of a kind of mail; undefined for one that is not known. */
export function wordsOf(language: Language, kind: string): Words | undefined {
  return Object.prototype.hasOwnProperty.call(mails[language], kind) ? mails[language][kind] : undefined;
}

/** The mails by language and kind. */
export const mails: Record<Language, Record<string, Words>> = {
  en: {
    owner_verification: {
      subject: "Confirm your address for {tenant}", title: "Welcome!", button: "Confirm my address",
      body: "You are setting up {tenant}. Please confirm that this address is yours, and everything is ready.",
    },
    invitation: {
      subject: "{inviter} invites you to {tenant}", subjectWithoutInviter: "You are invited to {tenant}", title: "You are invited", button: "Join {tenant}",
      body: "{inviter} would like you to join {tenant}. Your place is ready.",
      bodyWithoutInviter: "You have been invited to join {tenant}. Your place is ready.",
    },
    existing_account: {
      subject: "You already have an account", title: "You already have an account", button: "Sign in",
      body: "Somebody, probably you, tried to sign up with this address. It has an account already: just sign in.",
    },
    sign_in: {
      subject: "Your sign-in link for {tenant}", title: "Sign in", button: "Sign in",
      body: "This link signs you in to {tenant}. It works once.",
    },
    password_reset: {
      subject: "A new password for {tenant}", title: "Choose a new password", button: "Choose a password",
      body: "You asked for a new password for {tenant}. Until you choose one the old one goes on working.",
    },
  },
  de: {
    owner_verification: {
      subject: "Bestätigen Sie Ihre Adresse für {tenant}", title: "Willkommen!", button: "Adresse bestätigen",
      body: "Sie richten {tenant} ein. Bitte bestätigen Sie, dass diese Adresse Ihnen gehört, dann ist alles bereit.",
    },
    invitation: {
      subject: "{inviter} lädt Sie zu {tenant} ein", subjectWithoutInviter: "Sie sind zu {tenant} eingeladen", title: "Sie sind eingeladen", button: "{tenant} beitreten",
      body: "{inviter} möchte Sie bei {tenant} dabeihaben. Ihr Platz ist bereit.",
      bodyWithoutInviter: "Sie wurden zu {tenant} eingeladen. Ihr Platz ist bereit.",
    },
    existing_account: {
      subject: "Sie haben bereits ein Konto", title: "Sie haben bereits ein Konto", button: "Anmelden",
      body: "Jemand, vermutlich Sie selbst, wollte sich mit dieser Adresse registrieren. Es gibt schon ein Konto: melden Sie sich einfach an.",
    },
    sign_in: {
      subject: "Ihr Anmeldelink für {tenant}", title: "Anmelden", button: "Anmelden",
      body: "Dieser Link meldet Sie bei {tenant} an. Er funktioniert einmal.",
    },
    password_reset: {
      subject: "Ein neues Passwort für {tenant}", title: "Neues Passwort wählen", button: "Passwort wählen",
      body: "Sie haben ein neues Passwort für {tenant} angefordert. Bis Sie eines wählen, gilt das alte weiter.",
    },
  },
  fr: {
    owner_verification: {
      subject: "Confirmez votre adresse pour {tenant}", title: "Bienvenue !", button: "Confirmer mon adresse",
      body: "Vous créez {tenant}. Confirmez que cette adresse est la vôtre, et tout sera prêt.",
    },
    invitation: {
      subject: "{inviter} vous invite à rejoindre {tenant}", subjectWithoutInviter: "Vous êtes invité à rejoindre {tenant}", title: "Vous êtes invité", button: "Rejoindre {tenant}",
      body: "{inviter} souhaite que vous rejoigniez {tenant}. Votre place est prête.",
      bodyWithoutInviter: "Vous avez été invité à rejoindre {tenant}. Votre place est prête.",
    },
    existing_account: {
      subject: "Vous avez déjà un compte", title: "Vous avez déjà un compte", button: "Se connecter",
      body: "Quelqu’un, sans doute vous, a voulu s’inscrire avec cette adresse. Elle a déjà un compte : connectez-vous simplement.",
    },
    sign_in: {
      subject: "Votre lien de connexion à {tenant}", title: "Se connecter", button: "Se connecter",
      body: "Ce lien vous connecte à {tenant}. Il fonctionne une seule fois.",
    },
    password_reset: {
      subject: "Un nouveau mot de passe pour {tenant}", title: "Choisir un nouveau mot de passe", button: "Choisir un mot de passe",
      body: "Vous avez demandé un nouveau mot de passe pour {tenant}. L’ancien reste valable jusqu’à ce que vous en choisissiez un.",
    },
  },
};
