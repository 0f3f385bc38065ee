//! Serves the hook message.send: a plugin hands mails to a provider that it adapts, with [`crate::http`]. Where the link
//! belongs a mail has a placeholder, which the host replaces in the body of each request that leaves; a plugin never sees
//! the link. When a plugin fails the host tries the next provider.

use crate::serving::{data, serves};

pub use crate::wire::{MailAddress as Address, MessageKind as Kind, MessageSend as Mail, MessageSent as Receipt, SendStatus as Status};

impl Receipt {
    /// Says that the provider has the mail, under its own id for it.
    pub fn accepted(id: impl Into<String>) -> Self {
        Receipt { status: Status::Accepted, provider_id: id.into(), ..Receipt::default() }
    }

    /// Says that it did not work now; seconds, if not 0, is when it may again.
    pub fn retry(reason: impl Into<String>, seconds: i64) -> Self {
        Receipt { status: Status::Retry, reason: reason.into(), retry_after_s: seconds, ..Receipt::default() }
    }

    /// Says that the provider refuses every mail of ours: credentials, a quota.
    pub fn refused(reason: impl Into<String>, seconds: i64) -> Self {
        Receipt { status: Status::Refused, reason: reason.into(), retry_after_s: seconds, ..Receipt::default() }
    }

    /// Says that this mail, or mail to this recipient, will never work.
    pub fn failed(reason: impl Into<String>) -> Self {
        Receipt { status: Status::Failed, reason: reason.into(), ..Receipt::default() }
    }
}

serves! { MessageSend: Handler(Mail) -> Receipt, serve, data }
