//! Picks single values out of JSON and writes JSON, for plugins that speak it with others. There is no tree of values: a
//! value is the text of it, and is read anew for each that is picked; what is broken, missing or of another type reads as
//! empty.

mod arena;
mod plain;
mod reader;
mod writer;

use plain::plain;

pub(crate) use arena::Arena;
pub(crate) use reader::{FromJson, Reader};
pub(crate) use writer::object;
pub use writer::{Object, ToJson};

/// Gives the string below a value that the names of members lead to. A number or a boolean is given as it is written:
/// `text(r#"{"person": {"id": 7}}"#, &["person", "id"])` is `7`.
pub fn text(value: &str, path: &[&str]) -> String {
    let raw = raw(value, path);
    match raw.as_bytes().first() {
        None | Some(b'{' | b'[') => String::new(),
        Some(b'"') => Reader::new(raw).value(),
        _ if raw == "null" => String::new(),
        _ => raw.to_string(),
    }
}

/// Gives the text of the value below a value that the names of members lead to. Of members with the same name the first
/// counts.
pub fn raw<'v>(value: &'v str, path: &[&str]) -> &'v str {
    let below = path.iter().fold(value, |value, name| member(value, name));
    Reader::new(below).raw()
}

/// Gives the texts of an array's values; nothing when the value is no array that can be read.
pub fn elements(value: &str) -> Option<Vec<&str>> {
    let mut r = Reader::new(value);
    let mut list = Vec::new();
    let mut more = r.array();
    while more {
        list.push(r.raw());
        more = r.element();
    }
    (r.ok() && !value.is_empty()).then_some(list)
}

/// Writes a JSON string.
pub fn string(text: &str) -> String {
    text.to_json()
}

fn member<'v>(value: &'v str, name: &str) -> &'v str {
    let mut r = Reader::new(value);
    let mut more = r.object();
    while more {
        if r.name() == name {
            return r.raw();
        }
        r.skip();
        more = r.member();
    }
    ""
}
