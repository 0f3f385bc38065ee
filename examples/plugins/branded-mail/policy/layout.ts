import { html } from "#usher";

import type { Brand } from "./brand.ts";
import type { Language, Phrases } from "./words.ts";

/** A mail with its words chosen. */
export interface Letter {
  language: Language;
  brand: Brand;
  tenant: string;
  title: string;
  greeting: string;
  body: string;
  button: string;
  link: string; // empty when the mail has none
  until: string; // empty when that is not known
  phrase: Phrases;
}

/**
 * Writes the mail in HTML as mail programs understand it: tables, and what matters in style attributes, in light colours. A
 * program that shows dark mails has the rules in the head; one that turns colours around by itself is told that it need not.
 * The logo stands on a white ground of its own, so that dark letters in it stay readable.
 */
export function htmlOf(l: Letter): string {
  const { accent, onAccent } = l.brand.light;
  const rows: string[] = [];
  if (l.brand.logo !== "") {
    rows.push(
      `<img src="${html(l.brand.logo)}" width="${l.brand.logoWidth}" alt="${html(l.tenant)}" class="plate" ` +
        `style="display:block;margin:0 0 28px;border:0;border-radius:10px;background:#ffffff;max-width:100%;height:auto">`,
    );
  }
  rows.push(`<h1 class="ink" style="margin:0 0 20px;font-size:25px;line-height:1.25;color:#14161a">${html(l.title)}</h1>`);
  rows.push(paragraph(l.greeting), paragraph(l.body));
  if (l.link !== "") {
    rows.push(
      `<p style="margin:28px 0"><a href="${l.link}" class="button" style="display:inline-block;padding:14px 28px;border-radius:10px;` +
        `background:${accent};color:${onAccent};font-weight:600;text-decoration:none">${html(l.button)}</a></p>`,
    );
  }
  if (l.until !== "") rows.push(paragraph(l.phrase.until.replace("{until}", l.until)));
  if (l.link !== "") {
    rows.push(small(`${html(l.phrase.fallback)}<br><a href="${l.link}" class="link" style="color:${accent};word-break:break-all">${l.link}</a>`));
  }
  rows.push(small(html(l.phrase.ignore)));
  rows.push(`<p class="ink" style="margin:24px 0 0;color:#14161a">${html(l.phrase.bye)}<br><strong>${html(l.tenant)}</strong></p>`);
  return page(l, rows.join("\n"));
}

function paragraph(text: string): string {
  return `<p class="ink" style="margin:0 0 16px;color:#14161a">${html(text)}</p>`;
}

function small(inner: string): string {
  return `<p class="pale" style="margin:0 0 16px;font-size:14px;color:#555d6b">${inner}</p>`;
}

function page(l: Letter, rows: string): string {
  const footer = l.brand.footer.map(html).join("<br>");
  return `<!doctype html>
<html lang="${l.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${html(l.title)}</title>
<style>${darkRules(l.brand)}</style>
</head>
<body class="ground" style="margin:0;background:#eef0f4;font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif">
<table role="presentation" class="ground" width="100%" cellpadding="0" cellspacing="0" style="background:#eef0f4"><tr><td align="center" style="padding:32px 16px">
<table role="presentation" class="card" width="100%" cellpadding="0" cellspacing="0" style="max-width:540px;background:#ffffff;border-radius:16px"><tr><td style="padding:36px;font-size:16px;line-height:1.6">
${rows}
</td></tr></table>
<p class="pale" style="margin:20px 0 0;max-width:540px;font-size:13px;line-height:1.5;color:#555d6b">${footer}</p>
</td></tr></table>
</body>
</html>
`;
}

/** The rules for dark mails: for programs that know prefers-color-scheme, and for Outlook, which marks what it shows with data-ogsc. */
function darkRules(brand: Brand): string {
  const { accent, onAccent } = brand.dark;
  const rules = [
    [".ground", "background:#0f1115!important"],
    [".card", "background:#1a1d23!important"],
    [".ink", "color:#eceef2!important"],
    [".pale", "color:#a9b1bf!important"],
    [".button", `background:${accent}!important;color:${onAccent}!important`],
    [".link", `color:${accent}!important`],
    [".plate", "background:#ffffff!important;padding:10px!important"],
  ] as const;
  const asked = rules.map(([name, rule]) => `${name}{${rule}}`).join("");
  const outlook = rules.map(([name, rule]) => `[data-ogsc] ${name}{${rule}}`).join("");
  return `:root{color-scheme:light dark;supported-color-schemes:light dark}@media (prefers-color-scheme:dark){${asked}}${outlook}`;
}
