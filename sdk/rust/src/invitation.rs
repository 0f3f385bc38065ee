//! Serves the hook invitation.validate: it asks a plugin whether a person may be invited, for each row of a bulk too. A
//! plugin may only make an invitation smaller: a shorter life, a lower role. An error says that there is no verdict, and
//! the host then refuses the invitation for now.

use crate::serving::{serves, verdict};

pub use crate::wire::{InvitationPatch as Patch, InvitationValidate as Invitation, Role};

/// What a plugin says to an invitation.
pub type Verdict = crate::Verdict<Patch>;

serves! { InvitationValidate: Handler(Invitation) -> Verdict, serve, verdict }
