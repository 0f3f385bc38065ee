//! Keeps entries for a plugin, those of each tenant apart. The bounds are the MAX_KV constants of [`crate::wire`]. A plugin
//! that uses this module asks for the capability kv in its manifest.

use crate::capability::{ask, import, tell};
use crate::wire::{KvEntry, KvKey, KvValue};
use crate::{Call, Refused, Status};

import! { "usher:kv/v1": GET = lent_get "get", PUT = lent_put "put", DELETE = lent_delete "delete" }

/// Gives the value of a key; nothing when there is none, or not any more.
pub fn get(call: &Call, key: &str) -> Result<Option<String>, Refused> {
    match ask::<KvValue>(call, &GET, &KvKey { key }) {
        Ok(value) => Ok(Some(value.value)),
        Err(refused) if refused.status == Status::NotFound => Ok(None),
        Err(refused) => Err(refused),
    }
}

/// Keeps a value for that many seconds, or as long as the host allows when 0. It takes the place of the one before.
pub fn put(call: &Call, key: &str, value: &str, seconds: i64) -> Result<(), Refused> {
    tell(call, &PUT, &KvEntry { key, value, ttl_s: seconds }).map(drop)
}

/// Forgets a key; one that is not there is fine.
pub fn delete(call: &Call, key: &str) -> Result<(), Refused> {
    tell(call, &DELETE, &KvKey { key }).map(drop)
}
