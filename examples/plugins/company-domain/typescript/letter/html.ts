import { html } from "#usher";

import type { Letter } from "./letter.ts";

/** Takes the operator's colour when it is one; the other is readable behind white text: contrast 6.3 to 1. */
export function colour(c: string): string {
  return /^#[0-9a-f]{6}$/i.test(c) ? c : "#4f46e5";
}

/** Lays a letter out for mail programs: a table, inline styles, and no image, script or font to fetch. */
export function layOut(l: Letter): string {
  return (
    `<!doctype html><html lang="${l.language}"><head><meta charset="utf-8">` +
    `<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light"><title>${html(l.title)}</title></head>` +
    `<body style="margin:0;background:#f4f4f7;font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;color:#1f2333">` +
    `<table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr><td align="center" style="padding:32px 16px">` +
    `<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:520px;background:#ffffff;border-radius:16px">` +
    `<tr><td style="padding:40px 36px;font-size:16px;line-height:1.6">` +
    `<h1 style="margin:0 0 20px;font-size:24px;line-height:1.3">${html(l.title)}</h1>` +
    paragraph("", l.greeting) +
    paragraph("", l.body) +
    linkOf(l) +
    paragraph("color:#5d6175;font-size:14px", l.ignore) +
    `<p style="margin:24px 0 0">${html(l.bye)}<br><strong>${html(l.tenant)}</strong></p>` +
    `</td></tr></table></td></tr></table></body></html>`
  );
}

/**
 * Writes the button, and the link in full for those whose mail program shows none. The link is escaped, which leaves a
 * placeholder as it is.
 */
function linkOf(l: Letter): string {
  if (l.link === "") return "";
  const link = html(l.link);
  return (
    `<p style="margin:28px 0"><a href="${link}" style="display:inline-block;padding:14px 26px;border-radius:10px;` +
    `background:${l.accent};color:#ffffff;font-weight:600;text-decoration:none">${html(l.button)}</a></p>` +
    (l.validity === "" ? "" : paragraph("", l.validity)) +
    `<p style="margin:0 0 16px;color:#5d6175;font-size:14px">${html(l.fallback)}` +
    `<br><a href="${link}" style="color:${l.accent};word-break:break-all">${link}</a></p>`
  );
}

function paragraph(style: string, text: string): string {
  return `<p style="margin:0 0 16px;${style}">${html(text)}</p>`;
}
