//! Serves the hook message.render: it lets a plugin write the mails of the pipeline. The link is a placeholder that goes
//! into both parts verbatim; the host puts the real link in its place, and a plugin never sees it. When a plugin fails, or
//! leaves the placeholder out, the host sends its own mail instead.

use crate::serving::{data, serves};

pub use crate::wire::{MessageKind as Kind, MessageRender as Message, MessageTenant as Tenant, RenderedMessage as Mail};

serves! { MessageRender: Handler(Message) -> Mail, serve, data }

/// Appends a text so that it means itself in HTML, in an element and in a quoted attribute alike.
pub fn push_html(out: &mut String, text: &str) {
    let mut start = 0;
    for (i, c) in text.bytes().enumerate() {
        let entity = match c {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&#34;",
            b'\'' => "&#39;",
            _ => continue,
        };
        out.push_str(&text[start..i]);
        out.push_str(entity);
        start = i + 1;
    }
    out.push_str(&text[start..]);
}

/// Gives a text so that it means itself in HTML; see [`push_html`].
pub fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    push_html(&mut out, text);
    out
}
