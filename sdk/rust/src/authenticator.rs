//! Serves the hooks identity.begin and identity.finish: a plugin adapts a provider that people sign in at. The first sends
//! a person there, the second says who came back. When either fails nobody is signed in.

use crate::serving::{data, serves};

pub use crate::wire::{Identity, IdentityBegin as Begin, IdentityFinish as Finish, IdentityRedirect as Redirect};

serves! { IdentityBegin: BeginHandler(Begin) -> Redirect, serve_begin, data }
serves! { IdentityFinish: FinishHandler(Finish) -> Identity, serve_finish, data }
