//! Whose addresses may sign up: those of companies.

use usher::validator::{Signup, Verdict};
use usher::{Call, Error};

/// Well-known free mail services.
const FREE_MAIL: [&str; 16] = [
    "gmail.com",
    "googlemail.com",
    "outlook.com",
    "hotmail.com",
    "live.com",
    "yahoo.com",
    "icloud.com",
    "me.com",
    "aol.com",
    "gmx.de",
    "gmx.net",
    "web.de",
    "proton.me",
    "protonmail.com",
    "mail.com",
    "yandex.com",
];

/// Refuses a signup whose address is not a company's, or is of a domain that the operator blocks.
pub fn check_signup(call: &Call, s: &Signup) -> Result<Verdict, Error> {
    Ok(match judge(call, s.email_domain) {
        None => Verdict::Accept,
        Some(code) => Verdict::deny("email", code.word(), code.say(s.locale)),
    })
}

/// What is wrong with a domain.
enum Code {
    FreeMail,
    Blocked,
}

/// Looks at a domain. The operator's allowed_domains are exceptions to both lists.
fn judge(call: &Call, domain: &str) -> Option<Code> {
    let listed = |name, fallback: &[&str]| call.config_texts(name, fallback).iter().any(|d| covers(d, domain));
    if listed("allowed_domains", &[]) {
        return None;
    }
    if listed("blocked_domains", &[]) {
        call.info("denied a blocked domain");
        return Some(Code::Blocked);
    }
    if listed("free_mail_domains", &FREE_MAIL) {
        call.info("denied a free mail domain");
        return Some(Code::FreeMail);
    }
    None
}

/// Tells whether a domain is the listed one, or below it.
fn covers(listed: &str, domain: &str) -> bool {
    match domain.strip_suffix(listed) {
        Some(above) => above.is_empty() || !listed.is_empty() && above.len() > 1 && above.ends_with('.'),
        None => false,
    }
}

impl Code {
    fn word(&self) -> &'static str {
        match self {
            Code::FreeMail => "company_email_required",
            Code::Blocked => "email_domain_blocked",
        }
    }

    /// Chooses the language by the locale, which is BCP 47.
    fn say(&self, locale: &str) -> &'static str {
        match (self, locale.starts_with("de")) {
            (Code::FreeMail, false) => "Please sign up with your company e-mail address.",
            (Code::FreeMail, true) => "Bitte melden Sie sich mit Ihrer geschäftlichen E-Mail-Adresse an.",
            (Code::Blocked, false) => "Addresses of this domain cannot sign up here.",
            (Code::Blocked, true) => "Mit Adressen dieser Domain kann man sich hier nicht anmelden.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use usher::testing::Host;

    const ENGLISH: &str = "Please sign up with your company e-mail address.";

    /// Gives the message of a denial, or nothing.
    fn asked(config: &str, email_domain: &str, locale: &str) -> Option<String> {
        let host = Host::new().config(config);
        match check_signup(&host.call(), &Signup { email_domain, locale, ..Signup::default() }).unwrap() {
            Verdict::Deny(errors) => {
                assert_eq!(host.lines().len(), 1);
                assert_eq!(errors[0].field, "email");
                Some(errors[0].message.clone())
            }
            _ => None,
        }
    }

    #[test]
    fn built_in_list() {
        for domain in ["gmail.com", "mail.gmail.com"] {
            assert_eq!(asked("{}", domain, "en").as_deref(), Some(ENGLISH), "{}", domain);
        }
        for domain in ["acme.example", "notgmail.com", "com", ""] {
            assert_eq!(asked("{}", domain, "en"), None, "{}", domain);
        }
        assert!(asked("{}", "web.de", "de-AT").unwrap().starts_with("Bitte "));
    }

    #[test]
    fn operators_lists() {
        let own = r#"{"free_mail_domains": ["freemail.example"], "allowed_domains": ["good.freemail.example"]}"#;
        assert_eq!(asked(own, "freemail.example", "").as_deref(), Some(ENGLISH));
        assert_eq!(asked(own, "gmail.com", ""), None);
        assert_eq!(asked(own, "good.freemail.example", ""), None);
        let blocking = r#"{"blocked_domains": ["rival.example"], "allowed_domains": ["friends.rival.example"]}"#;
        assert!(asked(blocking, "mail.rival.example", "de").unwrap().starts_with("Mit Adressen "));
        assert_eq!(asked(blocking, "friends.rival.example", ""), None);
        assert_eq!(asked(blocking, "gmail.com", "").as_deref(), Some(ENGLISH));
    }
}
