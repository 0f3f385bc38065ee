//! For authors of Usher plugins in Rust. A plugin is plain logic that knows nothing of WebAssembly and is tested with
//! `cargo test`, and one [`serve!`] that names its hooks:
//!
//! ```
//! use usher::validator::{Signup, Verdict};
//! use usher::{Call, Error};
//!
//! fn check_signup(call: &Call, s: &Signup) -> Result<Verdict, Error> {
//!     if call.config_texts("blocked_domains", &[]).contains(&s.email_domain) {
//!         return Ok(Verdict::deny("email", "domain_blocked", "Addresses of this domain cannot sign up here."));
//!     }
//!     Ok(Verdict::Accept)
//! }
//!
//! usher::serve! {
//!     signup.validate => check_signup,
//! }
//!
//! # fn main() -> Result<(), Error> {
//! let host = usher::testing::Host::new().config(r#"{"blocked_domains": ["rival.example"]}"#);
//! let verdict = check_signup(&host.call(), &Signup { email_domain: "engines.example", ..Signup::default() })?;
//! assert_eq!(verdict, Verdict::Accept);
//! # Ok(())
//! # }
//! ```
//!
//! Each hook has a module: [`validator`], [`provisioner`], [`invitation`], [`activation`], [`password`], [`renderer`],
//! [`router`], [`sender`], [`tracker`], [`authenticator`], [`claims`], [`subscriber`]. [`Call`] is what a handler knows of
//! the call it answers. What reaches beyond the call is a capability with a module of its own, which a plugin uses only when
//! it asks for it: [`http`], [`kv`], [`secret`], [`telemetry`]. A handler's error fails the call with its text; a panic does
//! so with its message, file and line.
//!
//! The types of [`wire`] are made from the contract; texts of a question are parts of the envelope and are not copied.
//!
//! # What a guest must know
//!
//! Every call begins from the same memory: statics never carry anything from one call to the next. Take random bytes from
//! [`Call::random`]. The clock of [`Call::now_ms`] stands still during a call; that of the standard library is not there.
//! There are no files, no environment, no network and no threads.

pub mod activation;
pub mod authenticator;
pub mod claims;
pub mod http;
pub mod invitation;
pub mod json;
pub mod kv;
pub mod password;
pub mod provisioner;
pub mod renderer;
pub mod router;
pub mod secret;
pub mod sender;
pub mod subscriber;
pub mod telemetry;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;
pub mod tracker;
pub mod url;
pub mod validator;
pub mod wire;

#[doc(hidden)]
pub mod host;

mod call;
mod capability;
mod serving;

pub use call::Call;
pub use capability::{Refused, Status};
pub use serving::Verdict;
pub use wire::{Actor, FieldError, Hook};

/// Why a handler has no answer. A text becomes one with `.into()`, and any error, a [`Refused`] too, with `?`.
pub type Error = Box<dyn std::error::Error>;
