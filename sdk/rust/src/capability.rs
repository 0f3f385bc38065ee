use crate::call::Call;
use crate::json::{FromJson, Reader, ToJson};
use crate::wire::Refusal;
use std::fmt;

/// A function of a capability. Each is imported where it is used, so that a guest that does not use it does not import it.
pub(crate) struct Import {
    pub name: &'static str, // such as usher:http/v1.fetch
    #[cfg(target_arch = "wasm32")]
    pub call: unsafe extern "C" fn(request: *const u8, len: u32) -> i64,
}

/// Declares functions of a capability's module as constants. Outside of a guest nothing is imported:
/// [`crate::testing`] plays the capability.
macro_rules! import {
    ($module:literal: $($constant:ident = $function:ident $name:literal),+) => {
        #[cfg(target_arch = "wasm32")]
        #[link(wasm_import_module = $module)]
        extern "C" {
            $(#[link_name = $name] fn $function(request: *const u8, len: u32) -> i64;)+
        }
        $(const $constant: crate::capability::Import = crate::capability::Import {
            name: concat!($module, ".", $name),
            #[cfg(target_arch = "wasm32")]
            call: $function,
        };)+
    };
}
pub(crate) use import;

/// Why a capability did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// such as usher:http/v1.fetch
    pub capability: &'static str,
    pub status: Status,
    /// stable, snake_case
    pub reason: String,
    /// for the author; may be empty
    pub detail: String,
}

/// The kinds of refusal, with the numbers that they have in the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// the request is malformed
    Invalid = 1,
    /// the grant does not cover it
    Denied = 2,
    /// it was tried and failed
    Failed = 3,
    /// a limit is in the way
    Over = 4,
    NotFound = 5,
}

impl Refused {
    /// Tells whether the same may work later: it was tried and failed, or a limit was in the way.
    pub fn temporary(&self) -> bool {
        matches!(self.status, Status::Failed | Status::Over)
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.capability, self.reason)?;
        if self.detail.is_empty() {
            return Ok(());
        }
        write!(f, ": {}", self.detail)
    }
}

impl std::error::Error for Refused {}

/// Asks a capability, and reads what it answers.
pub(crate) fn ask<A: for<'t> FromJson<'t>>(call: &Call, i: &Import, request: &impl ToJson) -> Result<A, Refused> {
    let answer = tell(call, i, request)?;
    let mut r = Reader::new(&answer);
    let value = r.value();
    if r.ok() {
        return Ok(value);
    }
    Err(Refused { capability: i.name, status: Status::Failed, reason: "unreadable_answer".into(), detail: String::new() })
}

/// Asks a capability, and gives what it answers as it is.
pub(crate) fn tell(call: &Call, i: &Import, request: &impl ToJson) -> Result<String, Refused> {
    let (status, answer) = call.host.ask(i, &request.to_json());
    if status == 0 {
        return Ok(answer);
    }
    let why: Refusal = Reader::new(&answer).value();
    Err(Refused {
        capability: i.name,
        status: match status {
            1 => Status::Invalid,
            2 => Status::Denied,
            4 => Status::Over,
            5 => Status::NotFound,
            _ => Status::Failed,
        },
        reason: if why.reason.is_empty() { "refused".into() } else { why.reason },
        detail: why.detail,
    })
}
