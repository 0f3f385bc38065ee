//! Serves the hook session.claims: a plugin adds claims to an access token, below `ext.PLUGIN`. When it fails the token is
//! issued without them.

use crate::json::{object, ToJson};
use crate::serving::{data, serves};

pub use crate::wire::{Role, SessionClaimed as Claims, SessionClaims as Session, SessionReason as Reason};

impl Claims {
    /// Claims by their names, such as `Claims::of([("plan", "pro")])`. What is nested is made with
    /// [`crate::json::Object`].
    pub fn of<V: ToJson, const N: usize>(members: [(&str, V); N]) -> Self {
        let mut claims = String::new();
        object(members.iter().map(|(name, value)| (*name, value)), &mut claims);
        Claims { claims }
    }
}

serves! { SessionClaims: Handler(Session) -> Claims, serve, data }
