//! Serves the hook signup.validate: it asks a plugin whether a signup may become a tenant. The answer is a verdict, not an
//! error; an error says that there is no verdict, and the host then refuses the signup for now.

use crate::serving::{serves, verdict};

pub use crate::wire::{SignupPatch as Patch, SignupValidate as Signup};

/// What a plugin says to a signup.
pub type Verdict = crate::Verdict<Patch>;

serves! { SignupValidate: Handler(Signup) -> Verdict, serve, verdict }
