/** Puts values in the place of their marks, such as {tenant}. */
export function fill(sentence: string, values: Record<string, string>): string {
  return sentence.replace(/\{(\w+)\}/g, (mark, name: string) => values[name] ?? mark);
}

/** Turns control characters into spaces: a name must not begin a line of its own, in a mail's header least of all. */
export function oneLine(text: string): string {
  return text.replace(/[\x00-\x1f\x7f]/g, " ");
}

const months = {
  en: ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"],
  de: ["Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"],
};

/** Writes an RFC 3339 time in UTC the way the language does; nothing for what is no such time. */
export function dateIn(language: "en" | "de", rfc3339: string): string {
  const [, year, month, day, clock] = /^(....)-(\d\d)-(\d\d).(.....).*Z$/.exec(rfc3339) ?? [];
  const name = months[language][Number(month) - 1];
  if (name === undefined || Number(day) < 1) return "";
  return language === "de" ? `${Number(day)}. ${name} ${year}, ${clock} Uhr (UTC)` : `${Number(day)} ${name} ${year}, ${clock} UTC`;
}
