//! Makes and checks HMACs under secrets that the operator gave, which a plugin never sees. A secret in a request is the
//! business of [`crate::http`]. A plugin that uses this module names its secrets in its manifest.

use crate::capability::{ask, import};
use crate::wire::{HmacRequest, HmacResult};
use crate::{Call, Refused};

import! { "usher:secret/v1": HMAC = lent_hmac "hmac" }

/// Gives the HMAC-SHA-256 of a message, in hexadecimal.
pub fn hmac(call: &Call, secret: &str, message: &str) -> Result<String, Refused> {
    ask::<HmacResult>(call, &HMAC, &HmacRequest { secret, message, expect: "" }).map(|result| result.hmac)
}

/// Tells whether an HMAC-SHA-256, in hexadecimal, is that of the message. The host compares in constant time.
pub fn verify(call: &Call, secret: &str, message: &str, mac: &str) -> Result<bool, Refused> {
    if mac.is_empty() {
        return Ok(false); // an empty one would ask for the HMAC
    }
    ask::<HmacResult>(call, &HMAC, &HmacRequest { secret, message, expect: mac }).map(|result| result.equal)
}
