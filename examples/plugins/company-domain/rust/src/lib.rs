//! company-domain is a plugin of Usher:
//!
//! - signup.validate: people sign up with their company's address, not with that of a free mail service.
//! - message.render: it writes the mails of the pipeline, in English and German.
//!
//! The modules have the logic. It is plain Rust: `cargo test` runs it without WebAssembly.

mod letter;
mod policy;

usher::serve! {
    signup.validate => policy::check_signup,
    message.render => letter::write,
}
