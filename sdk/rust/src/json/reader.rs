use super::{plain, Arena};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Walks over one JSON value. After the first thing that it cannot read everything is empty and [`Reader::ok`] is
/// false. What it gives is part of the text where it can be.
pub(crate) struct Reader<'a> {
    text: &'a str,
    at: usize,
    name: Cow<'a, str>,
    bad: bool,
    arena: Option<&'a Arena>,
}

/// What is read from JSON. null, and what is missing, is the default.
pub(crate) trait FromJson<'a>: Default {
    fn read(r: &mut Reader<'a>) -> Self;
}

impl<'a> Reader<'a> {
    /// Reads values of which no text is borrowed.
    pub fn new(text: &'a str) -> Self {
        Reader { text, at: 0, name: Cow::Borrowed(""), bad: false, arena: None }
    }

    /// Reads values whose texts are borrowed, from the text itself or from the arena.
    pub fn lending(text: &'a str, arena: &'a Arena) -> Self {
        Reader { arena: Some(arena), ..Reader::new(text) }
    }

    pub fn ok(&self) -> bool {
        !self.bad
    }

    pub fn value<T: FromJson<'a>>(&mut self) -> T {
        T::read(self)
    }

    /// Enters an object and tells whether it has a member, whose value must be read or skipped before
    /// [`Reader::member`].
    pub fn object(&mut self) -> bool {
        !self.null() && self.expect(b'{') && !self.accept(b'}') && self.named()
    }

    /// Goes on to the next member, and leaves the object when there is none.
    pub fn member(&mut self) -> bool {
        !self.accept(b'}') && self.expect(b',') && self.named()
    }

    /// The name of the member that was come to last.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn named(&mut self) -> bool {
        self.name = self.quoted();
        self.expect(b':')
    }

    /// Enters an array and tells whether it has an element, which must be read or skipped before
    /// [`Reader::element`].
    pub fn array(&mut self) -> bool {
        !self.null() && self.expect(b'[') && !self.accept(b']')
    }

    /// Goes on to the next element, and leaves the array when there is none.
    pub fn element(&mut self) -> bool {
        !self.accept(b']') && self.expect(b',')
    }

    pub fn string(&mut self) -> Cow<'a, str> {
        if self.null() {
            return Cow::Borrowed("");
        }
        self.quoted()
    }

    fn keep(&mut self, text: Cow<'a, str>) -> &'a str {
        match (text, self.arena) {
            (Cow::Borrowed(text), _) => text,
            (Cow::Owned(text), Some(arena)) => arena.keep(text),
            (Cow::Owned(_), None) => {
                self.bad = true;
                ""
            }
        }
    }

    fn quoted(&mut self) -> Cow<'a, str> {
        if !self.expect(b'"') {
            return Cow::Borrowed("");
        }
        let start = self.at;
        match self.run() {
            Some(b'"') => {
                self.at += 1;
                Cow::Borrowed(&self.text[start..self.at - 1])
            }
            Some(b'\\') => Cow::Owned(self.escaped(start)),
            _ => {
                self.bad = true;
                Cow::Borrowed("")
            }
        }
    }

    /// Passes over plain text and gives what ends it.
    fn run(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        self.at += plain(&bytes[self.at..]);
        bytes.get(self.at).copied()
    }

    /// Reads the rest of a string that has an escape in it.
    fn escaped(&mut self, mut start: usize) -> String {
        let mut out = String::with_capacity(2 * (self.at - start) + 64);
        loop {
            let end = self.run();
            out.push_str(&self.text[start..self.at]);
            self.at += 1;
            let c = match end {
                Some(b'"') => return out,
                Some(b'\\') => self.escape(),
                _ => None,
            };
            match c {
                Some(c) => out.push(c),
                None => break,
            }
            start = self.at;
        }
        self.bad = true;
        String::new()
    }

    fn escape(&mut self) -> Option<char> {
        let c = *self.text.as_bytes().get(self.at)?;
        self.at += 1;
        match c {
            b'"' | b'\\' | b'/' => Some(c.into()),
            b'b' => Some('\u{8}'),
            b'f' => Some('\u{c}'),
            b'n' => Some('\n'),
            b'r' => Some('\r'),
            b't' => Some('\t'),
            b'u' => self.unicode(),
            _ => None,
        }
    }

    /// Reads the digits of an escape, and those of its second half when the first is a surrogate. One without the
    /// other is U+FFFD.
    fn unicode(&mut self) -> Option<char> {
        let high = self.hex4()?;
        let back = self.at;
        if (0xd800..0xdc00).contains(&high) && self.text.as_bytes()[back..].starts_with(b"\\u") {
            self.at += 2;
            let low = self.hex4()?;
            if (0xdc00..0xe000).contains(&low) {
                return char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
            }
            self.at = back;
        }
        Some(char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn hex4(&mut self) -> Option<u32> {
        let digits = self.text.as_bytes().get(self.at..self.at + 4)?;
        self.at += 4;
        digits.iter().try_fold(0, |v, c| Some(v << 4 | char::from(*c).to_digit(16)?))
    }

    /// Reads a whole number of at most 64 bits without a fraction or an exponent.
    fn int(&mut self) -> i64 {
        if self.null() {
            return 0;
        }
        let negative = self.accept(b'-');
        let (start, bytes) = (self.at, self.text.as_bytes());
        while bytes.get(self.at).map_or(false, u8::is_ascii_digit) {
            self.at += 1;
        }
        let digits = &self.text[start..self.at];
        let whole = !matches!(bytes.get(self.at), Some(b'.' | b'e' | b'E'));
        let v = digits.bytes().try_fold(0i64, |v, c| v.checked_mul(10)?.checked_sub(i64::from(c - b'0')));
        match v.and_then(|v| if negative { Some(v) } else { v.checked_neg() }) {
            Some(v) if !self.bad && whole && !digits.is_empty() && (digits.len() == 1 || !digits.starts_with('0')) => v,
            _ => {
                self.bad = true;
                0
            }
        }
    }

    fn bool(&mut self) -> bool {
        if self.null() || self.literal("false") {
            return false;
        }
        if !self.literal("true") {
            self.bad = true;
        }
        !self.bad
    }

    /// Gives the text of the next value.
    pub fn raw(&mut self) -> &'a str {
        self.space();
        let start = self.at;
        self.skip();
        if self.bad {
            return "";
        }
        &self.text[start..self.at]
    }

    /// Passes over one value of any kind, however deep.
    pub fn skip(&mut self) {
        let mut depth = 0usize;
        while !self.bad {
            self.space();
            match self.text.as_bytes().get(self.at) {
                None => self.bad = true,
                Some(b'"') => self.skip_string(),
                Some(b'{' | b'[') => {
                    depth += 1;
                    self.at += 1;
                }
                Some(b'}' | b']') if depth > 0 => {
                    depth -= 1;
                    self.at += 1;
                }
                Some(b',' | b':') if depth > 0 => self.at += 1,
                Some(_) => self.skip_scalar(),
            }
            if depth == 0 {
                return;
            }
        }
    }

    fn skip_string(&mut self) {
        self.at += 1;
        while let Some(c) = self.run() {
            self.at += 1;
            match c {
                b'"' => return,
                b'\\' if self.at < self.text.len() => self.at += 1,
                _ => {}
            }
        }
        self.bad = true;
    }

    fn skip_scalar(&mut self) {
        let rest = &self.text.as_bytes()[self.at..];
        let end = |c: &u8| matches!(c, b',' | b':' | b'}' | b']' | b'"' | b'{' | b'[' | b' ' | b'\t' | b'\n' | b'\r');
        let length = rest.iter().position(end).unwrap_or(rest.len());
        self.bad |= length == 0;
        self.at += length;
    }

    fn null(&mut self) -> bool {
        self.space();
        self.text.as_bytes().get(self.at) == Some(&b'n') && self.literal("null")
    }

    fn literal(&mut self, word: &str) -> bool {
        self.space();
        let there = !self.bad && self.text.as_bytes()[self.at..].starts_with(word.as_bytes());
        if there {
            self.at += word.len();
        }
        there
    }

    fn expect(&mut self, c: u8) -> bool {
        let there = self.accept(c);
        self.bad |= !there;
        there
    }

    fn accept(&mut self, c: u8) -> bool {
        self.space();
        let there = !self.bad && self.text.as_bytes().get(self.at) == Some(&c);
        if there {
            self.at += 1;
        }
        there
    }

    fn space(&mut self) {
        let bytes = self.text.as_bytes();
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = bytes.get(self.at) {
            self.at += 1;
        }
    }
}

impl<'a> FromJson<'a> for &'a str {
    fn read(r: &mut Reader<'a>) -> Self {
        let text = r.string();
        r.keep(text)
    }
}

impl<'a> FromJson<'a> for String {
    fn read(r: &mut Reader<'a>) -> Self {
        r.string().into_owned()
    }
}

impl<'a> FromJson<'a> for i64 {
    fn read(r: &mut Reader<'a>) -> Self {
        r.int()
    }
}

impl<'a> FromJson<'a> for bool {
    fn read(r: &mut Reader<'a>) -> Self {
        r.bool()
    }
}

impl<'a, T: FromJson<'a>> FromJson<'a> for Vec<T> {
    fn read(r: &mut Reader<'a>) -> Self {
        let mut list = Vec::new();
        let mut more = r.array();
        while more {
            list.push(r.value());
            more = r.element();
        }
        list
    }
}

impl<'a> FromJson<'a> for BTreeMap<&'a str, &'a str> {
    fn read(r: &mut Reader<'a>) -> Self {
        let mut map = BTreeMap::new();
        let mut more = r.object();
        while more {
            let name = std::mem::take(&mut r.name);
            map.insert(r.keep(name), r.value());
            more = r.member();
        }
        map
    }
}

impl<'a> FromJson<'a> for BTreeMap<String, String> {
    fn read(r: &mut Reader<'a>) -> Self {
        let mut map = BTreeMap::new();
        let mut more = r.object();
        while more {
            map.insert(std::mem::take(&mut r.name).into_owned(), r.value());
            more = r.member();
        }
        map
    }
}
