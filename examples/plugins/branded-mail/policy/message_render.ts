import { Failure, type Call, type MessageRender, type RenderedMessage } from "#usher";

import { brandOf } from "./brand.ts";
import { dateIn } from "./date.ts";
import { htmlOf, type Letter } from "./layout.ts";
import { languageOf, phrases, wordsOf } from "./words.ts";

/**
 * Writes every mail of the pipeline under the operator's brand, in the language of who gets it. The link is a placeholder
 * that goes into both parts as it is; the host puts the real one in its place. A kind of mail that is not known fails, which
 * leaves it to the host's own template.
 */
export function messageRender(call: Call, message: MessageRender): RenderedMessage {
  const language = languageOf(message.locale);
  const words = wordsOf(language, message.kind);
  if (words === undefined) throw new Failure(`there are no words for mails of the kind ${message.kind}`);
  const say = filled(message);
  const phrase = phrases[language];
  const letter: Letter = {
    language,
    brand: brandOf(call),
    tenant: say("{tenant}"),
    title: say(words.title),
    greeting: message.recipient_name === "" ? phrase.hello : say(phrase.helloName),
    body: say(message.inviter_name === "" && words.bodyWithoutInviter ? words.bodyWithoutInviter : words.body),
    button: say(words.button),
    link: message.link,
    until: message.link === "" ? "" : dateIn(language, message.expires_at),
    phrase,
  };
  const subject = message.inviter_name === "" && words.subjectWithoutInviter ? words.subjectWithoutInviter : words.subject;
  return { subject: cut(say(subject)), html: htmlOf(letter), text: textOf(letter) };
}

/** Puts names in the place of their marks. A name is one line: in a subject it must not begin another header. */
function filled(message: MessageRender): (text: string) => string {
  const names: Record<string, string> = {
    "{tenant}": oneLine(message.tenant.name), "{inviter}": oneLine(message.inviter_name), "{name}": oneLine(message.recipient_name),
  };
  return (text) => text.replace(/\{(tenant|inviter|name)\}/g, (mark) => names[mark] as string);
}

function oneLine(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f\u2028\u2029]+/g, " ").trim();
}

/** Keeps a subject short enough for the host, which counts 300 bytes; a character of JavaScript has at most three. */
function cut(subject: string): string {
  return subject.length <= 98 ? subject : `${Array.from(subject).slice(0, 70).join("")}…`;
}

/** Writes the part of the mail for whoever reads no HTML. */
function textOf(l: Letter): string {
  const paragraphs = [l.greeting, l.body];
  if (l.link !== "") paragraphs.push(`${l.button}:\n${l.link}`);
  if (l.until !== "") paragraphs.push(l.phrase.until.replace("{until}", l.until));
  paragraphs.push(l.phrase.ignore, `${l.phrase.bye}\n${l.tenant}`);
  if (l.brand.footer.length > 0) paragraphs.push(`-- \n${l.brand.footer.join("\n")}`);
  return `${paragraphs.join("\n\n")}\n`;
}
