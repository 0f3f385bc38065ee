//! Writes parts of URLs and of forms.

/// Gives a text so that it means itself in any part of a URL, and in a form: all but letters, digits and `-._~` is
/// percent-encoded (RFC 3986), as `a b+ü` is to `a%20b%2B%C3%BC`.
pub fn escape(text: &str) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut out = String::with_capacity(text.len());
    for c in text.bytes() {
        if c.is_ascii_alphanumeric() || b"-._~".contains(&c) {
            out.push(c.into());
        } else {
            out.push('%');
            out.push(DIGITS[usize::from(c >> 4)].into());
            out.push(DIGITS[usize::from(c & 15)].into());
        }
    }
    out
}
