/** Well-known free mail services. */
export const freeMail = [
  "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "yahoo.com", "icloud.com", "me.com",
  "aol.com", "gmx.de", "gmx.net", "web.de", "proton.me", "protonmail.com", "mail.com", "yandex.com",
];

/** What is wrong with an address. */
export type Code = "company_email_required" | "email_domain_blocked";

const words: Record<Code, { en: string; de: string }> = {
  company_email_required: {
    en: "Please sign up with your company e-mail address.",
    de: "Bitte melden Sie sich mit Ihrer geschäftlichen E-Mail-Adresse an.",
  },
  email_domain_blocked: {
    en: "Addresses of this domain cannot sign up here.",
    de: "Mit Adressen dieser Domain kann man sich hier nicht anmelden.",
  },
};

/** Chooses the language by the locale, which is BCP 47. */
export function say(locale: string, code: Code): string {
  return locale.startsWith("de") ? words[code].de : words[code].en;
}
