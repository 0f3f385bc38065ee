//! Serves the hook message.status: a plugin reads the callbacks of a mail provider. It must prove that a callback comes
//! from the provider, with [`crate::secret`] for instance, and denies it otherwise.

use crate::serving::{serves, verdict};
use crate::wire::MessageReports;

pub use crate::wire::{DeliveryStatus as Status, MessageReport as Report, MessageStatus as Callback};

/// What a plugin makes of a callback. [`reports`] and [`deny`] make one.
pub type Verdict = crate::Verdict<MessageReports>;

/// Takes a callback and what it says.
pub fn reports(reports: Vec<Report>) -> Verdict {
    Verdict::Change(MessageReports { reports })
}

/// Refuses a callback that is not the provider's.
pub fn deny() -> Verdict {
    Verdict::Deny(Vec::new())
}

serves! { MessageStatus: Handler(Callback) -> Verdict, serve, verdict }
