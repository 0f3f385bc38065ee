//! ses-gateway is a plugin of Usher:
//!
//! - message.send: it hands a mail to the API of Amazon SES, through a gateway that signs requests.
//! - message.status: it reads the events that SES publishes of mails.
//!
//! Each module has the logic of one hook. It is plain Rust: `cargo test` runs it without WebAssembly.

mod send;
mod track;

usher::serve! {
    message.send => send::handle,
    message.status => track::handle,
}

/// Writes HardBounce as hard_bounce; what is no letter is left out, and what would be too long for a reason.
fn snake(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars().filter(char::is_ascii_alphabetic).take(60) {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out.truncate(64);
    out
}

#[cfg(test)]
mod tests {
    use super::snake;

    #[test]
    fn reasons() {
        for (name, want) in [("TooManyRequestsException", "too_many_requests_exception"), ("", ""), ("a@b.example", "abexample")] {
            assert_eq!(snake(name), want);
        }
        assert_eq!(snake(&"X".repeat(99)).len(), 64);
    }
}
