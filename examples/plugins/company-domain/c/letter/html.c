#include "letter/letter.h"

static void put_paragraph(usher_buffer *b, const char *style, usher_text t) {
  usher_put_literal(b, "<p style=\"margin:0 0 16px;");
  usher_put(b, usher_text_of(style));
  usher_put_literal(b, "\">");
  usher_put_html(b, t);
  usher_put_literal(b, "</p>");
}

/* put_link writes the button, and the link in full for those whose mail program shows none. The link is escaped, which leaves
   a placeholder as it is. */
static void put_link(usher_buffer *b, const struct letter *l) {
  const usher_text link = usher_html(l->message->link);
  usher_put(b, usher_join(USHER_TEXT("<p style=\"margin:28px 0\"><a href=\""), link,
                          USHER_TEXT("\" style=\"display:inline-block;padding:14px 26px;border-radius:10px;background:"), l->accent,
                          USHER_TEXT(";color:#ffffff;font-weight:600;text-decoration:none\">"), usher_html(l->button), USHER_TEXT("</a></p>")));
  if (l->validity.len > 0) put_paragraph(b, "", l->validity);
  usher_put(b, usher_join(USHER_TEXT("<p style=\"margin:0 0 16px;color:#5d6175;font-size:14px\">"), usher_html(l->phrases->fallback),
                          USHER_TEXT("<br><a href=\""), link, USHER_TEXT("\" style=\"color:"), l->accent,
                          USHER_TEXT(";word-break:break-all\">"), link, USHER_TEXT("</a></p>")));
}

usher_text html_of(const struct letter *l) {
  usher_buffer b = {0};
  usher_put(&b, usher_join(USHER_TEXT("<!doctype html><html lang=\""), l->phrases->language, USHER_TEXT("\">")));
  usher_put_literal(&b, "<head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
                        "<meta name=\"color-scheme\" content=\"light\"><title>");
  usher_put_html(&b, l->title);
  usher_put_literal(&b, "</title></head><body style=\"margin:0;background:#f4f4f7;"
                        "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;color:#1f2333\">"
                        "<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\">"
                        "<tr><td align=\"center\" style=\"padding:32px 16px\">"
                        "<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" "
                        "style=\"max-width:520px;background:#ffffff;border-radius:16px\">"
                        "<tr><td style=\"padding:40px 36px;font-size:16px;line-height:1.6\">"
                        "<h1 style=\"margin:0 0 20px;font-size:24px;line-height:1.3\">");
  usher_put_html(&b, l->title);
  usher_put_literal(&b, "</h1>");
  put_paragraph(&b, "", l->greeting);
  put_paragraph(&b, "", l->body);
  if (l->message->link.len > 0) put_link(&b, l);
  put_paragraph(&b, "color:#5d6175;font-size:14px", l->phrases->ignore);
  usher_put_literal(&b, "<p style=\"margin:24px 0 0\">");
  usher_put_html(&b, l->phrases->bye);
  usher_put_literal(&b, "<br><strong>");
  usher_put_html(&b, l->message->tenant.name);
  usher_put_literal(&b, "</strong></p></td></tr></table></td></tr></table></body></html>");
  return usher_written(&b);
}
