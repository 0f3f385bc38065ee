import type { Language } from "./words.ts";

const months: Record<Language, string[]> = {
  en: ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"],
  de: ["Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"],
  fr: ["janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"],
};

/** Writes an RFC 3339 time in UTC as the language does; nothing for what is no such time. The engine has no Intl. */
export function dateIn(language: Language, time: string): string {
  const parts = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):\d\d(?:\.\d+)?Z$/.exec(time);
  const month = months[language][Number(parts?.[2]) - 1];
  if (parts === null || month === undefined) return "";
  const [, year, , digits, hour, minute] = parts;
  const day = Number(digits);
  switch (language) {
    case "de":
      return `${day}. ${month} ${year}, ${hour}:${minute} Uhr (UTC)`;
    case "fr":
      return `${day === 1 ? "1er" : day} ${month} ${year} à ${hour}:${minute} (UTC)`;
    default:
      return `${day} ${month} ${year}, ${hour}:${minute} UTC`;
  }
}
