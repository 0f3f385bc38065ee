import assert from "node:assert/strict";
import test from "node:test";

import { ask } from "#usher/testing";

import { luminance } from "../policy/brand.ts";
import { dateIn } from "../policy/date.ts";
import { messageRender } from "../policy/message_render.ts";
import { languageOf, mails } from "../policy/words.ts";

const link = "https://link.usher.invalid/x";
const question = {
  kind: "invitation" as const, locale: "en", tenant: { name: "Engines", slug: "engines" }, recipient_name: "Grace", inviter_name: "Ada", link,
  expires_at: "2030-01-31T12:00:00Z",
};

async function render(config: Record<string, unknown>, changed: object): Promise<{ subject: string; html: string; text: string }> {
  const got = await ask("message.render", messageRender, { config }, { ...question, ...changed });
  assert.equal(got.failure, undefined);
  return got.data as { subject: string; html: string; text: string };
}

test("every kind of mail in every language has the link in both parts and no mark left", async () => {
  for (const locale of ["en", "de-AT", "fr"]) {
    for (const kind of ["owner_verification", "invitation", "existing_account", "sign_in", "password_reset"]) {
      for (const inviter_name of ["Ada", ""]) {
        const mail = await render({}, { kind, locale, inviter_name });
        assert.ok(mail.html.includes(`href="${link}"`) && mail.text.includes(link), kind);
        assert.doesNotMatch(mail.subject + mail.html + mail.text, /\{(tenant|inviter|name|until)\}|undefined/);
        assert.ok(mail.html.includes(`<html lang="${locale.slice(0, 2)}">`));
      }
    }
  }
  assert.deepEqual(Object.keys(mails.de), Object.keys(mails.en));
  assert.deepEqual(Object.keys(mails.fr), Object.keys(mails.en));
});

test("a mail without a link has no button", async () => {
  const mail = await render({}, { kind: "existing_account", link: "", expires_at: "" });
  assert.doesNotMatch(mail.html, /href|undefined/);
});

test("names mean themselves", async () => {
  const bad = `<b onclick="x">'&\r\nBcc: eve@rival.example`;
  const mail = await render({ footer: [bad] }, { tenant: { name: bad, slug: "x" }, recipient_name: bad, inviter_name: bad });
  assert.doesNotMatch(mail.html, /<b /);
  assert.match(mail.html, /&lt;b onclick=&#34;x&#34;&gt;&#39;&amp; Bcc/);
  assert.doesNotMatch(mail.subject, /[\r\n]/);
  const money = await render({}, { tenant: { name: "$& {name} $1", slug: "x" } });
  assert.ok(money.text.includes("join $& {name} $1."));
});

test("a long subject is cut", async () => {
  const mail = await render({}, { tenant: { name: "é".repeat(200), slug: "x" } });
  assert.ok(new TextEncoder().encode(mail.subject).length <= 300 && mail.subject.endsWith("…"));
});

test("words on the button can be read on every accent, light and dark", async () => {
  for (const accent_color of ["#000000", "#3b5bdb", "#ffd43b", "#ffffff", "#c2255c"]) {
    const { html } = await render({ accent_color }, {});
    const pairs = [...html.matchAll(/background:(#[0-9a-f]{6})(?:!important)?;color:(#[0-9a-f]{6})/g)];
    assert.equal(pairs.length, 3); // in the button's style, for dark mails, for Outlook
    for (const [, ground, ink] of pairs) {
      const [dark, light] = [luminance(ground as string), luminance(ink as string)].sort((a, b) => a - b) as [number, number];
      assert.ok((light + 0.05) / (dark + 0.05) >= 2.5, `${accent_color}: ${ink} on ${ground}`);
    }
  }
});

test("the brand", async () => {
  const { html, text } = await render({ logo_url: "https://brand.example/logo.png?a=1&b=2", logo_width: 90, footer: ["Engines Ltd", "London"] }, {});
  assert.match(html, /src="https:\/\/brand.example\/logo.png\?a=1&amp;b=2" width="90" alt="Engines"/);
  assert.match(html, /Engines Ltd<br>London/);
  assert.match(text, /\n-- \nEngines Ltd\nLondon\n$/);
});

test("languages and dates", () => {
  for (const [tag, language] of [["", "en"], ["de", "de"], ["DE_ch", "de"], ["fr-CA", "fr"], ["den", "en"], ["it", "en"]] as const) {
    assert.equal(languageOf(tag), language, tag);
  }
  assert.equal(dateIn("en", "2030-02-01T09:05:00Z"), "1 February 2030, 09:05 UTC");
  assert.equal(dateIn("de", "2030-02-01T09:05:00.5Z"), "1. Februar 2030, 09:05 Uhr (UTC)");
  assert.equal(dateIn("fr", "2030-02-01T09:05:00Z"), "1er février 2030 à 09:05 (UTC)");
  for (const bad of ["", "tomorrow", "2030-13-01T09:05:00Z", "2030-02-01"]) assert.equal(dateIn("en", bad), "", bad);
});

test("a kind of mail that is not known is the host's", async () => {
  const got = await ask("message.render", messageRender, {}, { ...question, kind: "newsletter" as "invitation" });
  assert.equal(got.failure, "there are no words for mails of the kind newsletter");
  assert.equal((await ask("message.render", messageRender, {}, { ...question, kind: "toString" as "invitation" })).failure?.startsWith("there are no words"), true);
});
