//! Serves the hook activation.validate: it asks a plugin whether an account may become active with this profile, before
//! the link is spent. An error says that there is no verdict, and the host then refuses the activation for now.

use crate::serving::{serves, verdict};

pub use crate::wire::{ActivationPatch as Patch, ActivationPurpose as Purpose, ActivationValidate as Activation, Role};

/// What a plugin says to an activation.
pub type Verdict = crate::Verdict<Patch>;

serves! { ActivationValidate: Handler(Activation) -> Verdict, serve, verdict }
