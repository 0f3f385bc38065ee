//! Serves the hook password.check: it asks a plugin whether a new password is good enough. A plugin is given facts and the
//! beginning of a hash, never the password. An error says that there is no verdict, and the host then refuses the password
//! for now.

use crate::serving::{serves, verdict};
use crate::wire::PasswordVerdict;

pub use crate::wire::{PasswordCheck as Check, PasswordFacts as Facts, PasswordPurpose as Purpose};

/// What a plugin says to a password; the errors of a denial are of the field password, and there is nothing to change.
pub type Verdict = crate::Verdict<PasswordVerdict>;

serves! { PasswordCheck: Handler(Check) -> Verdict, serve, verdict }
