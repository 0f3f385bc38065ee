//! The mails of the activation pipeline, as HTML and as text, in English and German.

mod html;
mod text;
mod words;

use usher::renderer::{Mail, Message};
use usher::{Call, Error};
use words::{Language, Phrases};

/// Writes one mail. It fails on a kind of mail that it does not know: the host then sends its own.
pub fn write(call: &Call, m: &Message) -> Result<Mail, Error> {
    let language = Language::of(m.locale);
    let words = words::of(language, m).ok_or("unknown kind of mail")?;
    let letter = Letter {
        message: m,
        language,
        phrases: language.phrases(),
        accent: html::accent(call.config_text("accent_color", "")),
        title: text::fill(words.title, m),
        body: text::fill(words.body, m),
        button: text::fill(words.button, m),
    };
    Ok(Mail { subject: text::fill(words.subject, m), html: letter.html(), text: letter.text() })
}

/// A mail with its words chosen.
struct Letter<'a> {
    message: &'a Message<'a>,
    language: Language,
    phrases: Phrases,
    accent: &'a str,
    title: String,
    body: String,
    button: String,
}

impl Letter<'_> {
    fn greeting(&self) -> String {
        if self.message.recipient_name.is_empty() {
            return self.phrases.hello.to_string();
        }
        self.phrases.hello_name.replace("{name}", &text::one_line(self.message.recipient_name))
    }

    /// Until when the link is good; nothing when that is not known.
    fn validity(&self) -> Option<String> {
        let date = self.language.date(self.message.expires_at)?;
        Some(self.phrases.until.replace("{until}", &date))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use usher::renderer::{Kind, Tenant};
    use usher::testing::Host;

    const LINK: &str = "https://link.usher.invalid/";

    fn written(config: &str, m: Message) -> Mail {
        write(&Host::new().config(config).call(), &m).unwrap()
    }

    #[test]
    fn every_kind_in_both_languages() {
        for kind in [Kind::OwnerVerification, Kind::Invitation, Kind::ExistingAccount, Kind::SignIn, Kind::PasswordReset] {
            for (locale, want) in
                [("en", "Hello Ada,"), ("", "Hello Ada,"), ("den", "Hello Ada,"), ("de", "Hallo Ada,"), ("de-CH", "Hallo Ada,")]
            {
                let mail = written(
                    "{}",
                    Message {
                        kind: kind.clone(),
                        locale,
                        tenant: Tenant { name: "Acme", slug: "acme" },
                        recipient_name: "Ada",
                        inviter_name: "Grace",
                        link: LINK,
                        expires_at: "2030-01-02T15:04:05Z",
                    },
                );
                assert!(!mail.subject.is_empty() && !mail.subject.contains('{'), "{}", mail.subject);
                for body in [mail.html, mail.text] {
                    assert!(body.contains(LINK) && body.contains(want) && body.contains("15:04"), "{}", body);
                    assert!(!body.contains("{tenant}") && !body.contains("{inviter}"), "{}", body);
                }
            }
        }
    }

    #[test]
    fn names_are_harmless() {
        let mail = written(
            "{}",
            Message {
                kind: Kind::Invitation,
                tenant: Tenant { name: "A\r\nBcc: x & <b>Sons</b>", slug: "" },
                recipient_name: "<script>",
                inviter_name: "{tenant}",
                link: LINK,
                ..Message::default()
            },
        );
        assert!(!mail.subject.contains(['\r', '\n']), "{}", mail.subject);
        assert!(!mail.html.contains("<script>") && !mail.html.contains("<b>Sons"), "{}", mail.html);
        assert!(mail.text.contains("<script>"), "{}", mail.text);
    }

    #[test]
    fn accent_color() {
        for (color, want) in [("#0a7d4f", "#0a7d4f"), ("red;x:expr(1)", "#4f46e5"), ("#12345g", "#4f46e5"), ("", "#4f46e5")] {
            let mail =
                written(&format!(r#"{{"accent_color": "{}"}}"#, color), Message { kind: Kind::SignIn, link: LINK, ..Message::default() });
            assert!(mail.html.contains(&format!("background:{}", want)), "{}", color);
        }
    }

    #[test]
    fn without_a_link() {
        let mail = written("{}", Message { kind: Kind::ExistingAccount, locale: "de", ..Message::default() });
        assert!(!mail.html.contains("href") && mail.text.starts_with("Hallo,\n"), "{}", mail.text);
    }

    #[test]
    fn an_unknown_kind() {
        let message = Message { kind: "greeting".into(), ..Message::default() };
        assert_eq!(write(&Host::new().call(), &message).unwrap_err().to_string(), "unknown kind of mail");
    }
}
