import { Failure, type Call, type MessageRender, type RenderedMessage } from "#usher";

import { colour, layOut } from "./html.ts";
import { dateIn, fill, oneLine } from "./text.ts";
import { english, german, languageOf, type Phrases } from "./words.ts";

/** A mail with its words chosen. */
export interface Letter extends Pick<Phrases, "bye" | "fallback" | "ignore"> {
  language: string;
  accent: string;
  tenant: string;
  link: string;
  title: string;
  greeting: string;
  body: string;
  button: string;
  /** until when the link is good; empty when that is not known */
  validity: string;
}

/** Writes one mail. It fails on a kind of mail that it does not know. */
export function write(call: Call, message: MessageRender): RenderedMessage {
  const language = languageOf(message.locale);
  const phrases = language === "de" ? german : english;
  const words = phrases.of(message.kind, message.inviter_name !== "");
  if (words === undefined) throw new Failure("unknown kind of mail");
  const names = { tenant: oneLine(message.tenant.name), inviter: oneLine(message.inviter_name), name: oneLine(message.recipient_name) };
  const until = dateIn(language, message.expires_at);
  const letter: Letter = {
    ...phrases,
    language,
    accent: colour(call.config.text("accent_color", "")),
    tenant: message.tenant.name,
    link: message.link,
    title: fill(words.title, names),
    greeting: names.name === "" ? phrases.hello : fill(phrases.helloName, names),
    body: fill(words.body, names),
    button: fill(words.button, names),
    validity: until === "" ? "" : fill(phrases.until, { until }),
  };
  return { subject: oneLine(fill(words.subject, names)), html: layOut(letter), text: plain(letter) };
}

function plain(l: Letter): string {
  const paragraphs = [l.greeting, l.body];
  if (l.link !== "") paragraphs.push(`${l.button}:\n${l.link}`);
  if (l.link !== "" && l.validity !== "") paragraphs.push(l.validity);
  paragraphs.push(l.ignore, `${l.bye}\n${oneLine(l.tenant)}\n`);
  return paragraphs.join("\n\n");
}
