use super::Letter;
use std::borrow::Cow;
use usher::renderer::Message;

impl Letter<'_> {
    /// Writes the part for those who read no HTML.
    pub fn text(&self) -> String {
        let mut b = String::with_capacity(1024);
        let mut paragraph = |text: &str| {
            b += text;
            b += "\n\n";
        };
        paragraph(&self.greeting());
        paragraph(&self.body);
        if !self.message.link.is_empty() {
            paragraph(&format!("{}:\n{}", self.button, self.message.link));
            if let Some(validity) = self.validity() {
                paragraph(&validity);
            }
        }
        paragraph(self.phrases.ignore);
        b += self.phrases.bye;
        b += "\n";
        b += &one_line(self.message.tenant.name);
        b += "\n";
        b
    }
}

/// Puts the names of a message into a sentence, which says {tenant} and {inviter} for them. A name that looks like one of
/// these stays as it is.
pub fn fill(sentence: &str, m: &Message) -> String {
    let mut b = String::with_capacity(sentence.len() + 64);
    let mut rest = sentence;
    while let Some(at) = rest.find('{') {
        b += &rest[..at];
        rest = &rest[at..];
        if let Some(after) = rest.strip_prefix("{tenant}") {
            b += &one_line(m.tenant.name);
            rest = after;
        } else if let Some(after) = rest.strip_prefix("{inviter}") {
            b += &one_line(m.inviter_name);
            rest = after;
        } else {
            b += "{";
            rest = &rest[1..];
        }
    }
    b + rest
}

/// Turns control characters into spaces: a name must not begin a line of its own, in a mail's header least of all.
pub fn one_line(name: &str) -> Cow<'_, str> {
    let control = |c: char| c.is_ascii_control();
    if name.contains(control) {
        return name.replace(control, " ").into();
    }
    name.into()
}
