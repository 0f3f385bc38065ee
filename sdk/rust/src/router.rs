//! Serves the hook message.route: a plugin says by which providers, and when, a mail leaves. When it fails the host keeps
//! the configured order.

use crate::serving::{data, serves};

pub use crate::wire::{MailProvider as Provider, MessageKind as Kind, MessageRoute as Message, MessageRouting as Route};

serves! { MessageRoute: Handler(Message) -> Route, serve, data }
