use super::plain;
use std::collections::BTreeMap;
use std::fmt::Write;

/// What can be written as JSON.
pub trait ToJson {
    /// Appends the value.
    fn write_json(&self, out: &mut String);

    /// Gives the value as a text.
    fn to_json(&self) -> String {
        let mut out = String::new();
        self.write_json(&mut out);
        out
    }
}

/// Writes an object member by member: `Object::new(&mut body).member("to", m.to).member("urgent", &true).end()`.
pub struct Object<'o> {
    out: &'o mut String,
    before: char, // the next member
}

impl<'o> Object<'o> {
    /// Begins an object; [`Object::end`] ends it.
    pub fn new(out: &'o mut String) -> Self {
        Object { out, before: '{' }
    }

    /// Writes a member.
    pub fn member<V: ToJson + ?Sized>(&mut self, name: &str, value: &V) -> &mut Self {
        self.named(name);
        value.write_json(self.out);
        self
    }

    /// Writes a member whose value is JSON already; an empty one is null.
    pub fn raw(&mut self, name: &str, value: &str) -> &mut Self {
        self.named(name);
        self.out.push_str(if value.is_empty() { "null" } else { value });
        self
    }

    fn named(&mut self, name: &str) {
        self.out.push(self.before);
        self.before = ',';
        name.write_json(self.out);
        self.out.push(':');
    }

    /// Ends the object.
    pub fn end(&mut self) {
        self.out.push_str(if self.before == '{' { "{}" } else { "}" });
    }
}

impl ToJson for str {
    fn write_json(&self, out: &mut String) {
        out.reserve(self.len() + 2);
        out.push('"');
        let mut rest = self;
        loop {
            let (run, after) = rest.split_at(plain(rest.as_bytes()));
            out.push_str(run);
            match after.as_bytes().first() {
                Some(&c) => escape(out, c),
                None => break,
            }
            rest = &after[1..];
        }
        out.push('"');
    }
}

fn escape(out: &mut String, c: u8) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    match c {
        b'"' => out.push_str("\\\""),
        b'\\' => out.push_str("\\\\"),
        b'\n' => out.push_str("\\n"),
        b'\r' => out.push_str("\\r"),
        b'\t' => out.push_str("\\t"),
        _ => {
            out.push_str("\\u00");
            out.push(DIGITS[usize::from(c >> 4)].into());
            out.push(DIGITS[usize::from(c & 15)].into());
        }
    }
}

impl ToJson for String {
    fn write_json(&self, out: &mut String) {
        self.as_str().write_json(out);
    }
}

impl<T: ToJson + ?Sized> ToJson for &T {
    fn write_json(&self, out: &mut String) {
        (**self).write_json(out);
    }
}

impl ToJson for bool {
    fn write_json(&self, out: &mut String) {
        out.push_str(if *self { "true" } else { "false" });
    }
}

impl ToJson for i64 {
    fn write_json(&self, out: &mut String) {
        let _ = write!(out, "{}", self); // a String takes everything
    }
}

/// What JSON has no number for is null.
impl ToJson for f64 {
    fn write_json(&self, out: &mut String) {
        if self.is_finite() {
            let _ = write!(out, "{}", self);
        } else {
            out.push_str("null");
        }
    }
}

impl<T: ToJson> ToJson for [T] {
    fn write_json(&self, out: &mut String) {
        out.push('[');
        for (i, v) in self.iter().enumerate() {
            if i > 0 {
                out.push(',');
            }
            v.write_json(out);
        }
        out.push(']');
    }
}

impl<T: ToJson> ToJson for Vec<T> {
    fn write_json(&self, out: &mut String) {
        self.as_slice().write_json(out);
    }
}

impl<K: AsRef<str>, V: ToJson> ToJson for BTreeMap<K, V> {
    fn write_json(&self, out: &mut String) {
        object(self.iter().map(|(name, value)| (name.as_ref(), value)), out);
    }
}

/// Pairs are an object.
impl ToJson for [(&str, &str)] {
    fn write_json(&self, out: &mut String) {
        object(self.iter().copied(), out);
    }
}

/// Writes an object of pairs.
pub(crate) fn object<'v, V: ToJson + 'v>(members: impl Iterator<Item = (&'v str, V)>, out: &mut String) {
    let mut o = Object::new(out);
    for (name, value) in members {
        o.member(name, &value);
    }
    o.end();
}
