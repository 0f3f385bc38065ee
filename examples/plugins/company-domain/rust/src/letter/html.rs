use super::Letter;
use usher::renderer::{html, push_html};

/// It is readable behind white text: contrast 6.3 to 1.
const DEFAULT_ACCENT: &str = "#4f46e5";

/// Takes the operator's colour when it is one, as six hexadecimal digits.
pub fn accent(color: &str) -> &str {
    match color.strip_prefix('#') {
        Some(digits) if digits.len() == 6 && digits.bytes().all(|d| d.is_ascii_hexdigit()) => color,
        _ => DEFAULT_ACCENT,
    }
}

impl Letter<'_> {
    /// Lays the letter out for mail programs: a table, inline styles, and no image, script or font to fetch.
    pub fn html(&self) -> String {
        let mut b = String::with_capacity(4096);
        b += "<!doctype html><html lang=\"";
        b += self.language.tag();
        b += "\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
            <meta name=\"color-scheme\" content=\"light\"><title>";
        push_html(&mut b, &self.title);
        b += "</title></head><body style=\"margin:0;background:#f4f4f7;font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;color:#1f2333\">\
            <table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\"><tr><td align=\"center\" style=\"padding:32px 16px\">\
            <table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" style=\"max-width:520px;background:#ffffff;border-radius:16px\">\
            <tr><td style=\"padding:40px 36px;font-size:16px;line-height:1.6\"><h1 style=\"margin:0 0 20px;font-size:24px;line-height:1.3\">";
        push_html(&mut b, &self.title);
        b += "</h1>";
        paragraph(&mut b, "", &self.greeting());
        paragraph(&mut b, "", &self.body);
        self.link(&mut b);
        paragraph(&mut b, "color:#5d6175;font-size:14px", self.phrases.ignore);
        b += "<p style=\"margin:24px 0 0\">";
        push_html(&mut b, self.phrases.bye);
        b += "<br><strong>";
        push_html(&mut b, self.message.tenant.name);
        b += "</strong></p></td></tr></table></td></tr></table></body></html>";
        b
    }

    /// Writes the button, and the link in full for those whose mail program shows none. The link is escaped, which leaves
    /// a placeholder as it is.
    fn link(&self, b: &mut String) {
        if self.message.link.is_empty() {
            return;
        }
        let (link, accent) = (html(self.message.link), self.accent);
        *b += &format!(
            "<p style=\"margin:28px 0\"><a href=\"{}\" style=\"display:inline-block;padding:14px 26px;border-radius:10px;background:{};\
            color:#ffffff;font-weight:600;text-decoration:none\">",
            link, accent
        );
        push_html(b, &self.button);
        *b += "</a></p>";
        if let Some(validity) = self.validity() {
            paragraph(b, "", &validity);
        }
        *b += "<p style=\"margin:0 0 16px;color:#5d6175;font-size:14px\">";
        push_html(b, self.phrases.fallback);
        *b += &format!("<br><a href=\"{}\" style=\"color:{};word-break:break-all\">{}</a></p>", link, accent, link);
    }
}

fn paragraph(b: &mut String, style: &str, text: &str) {
    *b += "<p style=\"margin:0 0 16px;";
    *b += style;
    *b += "\">";
    push_html(b, text);
    *b += "</p>";
}
