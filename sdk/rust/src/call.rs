use crate::host::Host;
use crate::json::{Arena, FromJson, Reader};
use crate::wire::{Actor, Hook};
use std::collections::BTreeMap;

/// What a handler knows of the call that it answers.
#[derive(Clone)]
pub struct Call<'a> {
    /// names the call in the plugin log
    pub id: &'a str,
    pub hook: Hook,
    /// the signup or activation that the call belongs to
    pub run_id: &'a str,
    /// id, empty before there is one
    pub tenant: &'a str,
    pub actor: Actor<'a>,
    /// W3C trace context, empty when untraced
    pub traceparent: &'a str,

    pub(crate) config: &'a str,
    pub(crate) arena: &'a Arena,
    pub(crate) host: Host<'a>,
}

impl<'a> Call<'a> {
    /// Writes a line to the plugin log.
    pub fn debug(&self, line: &str) {
        self.host.log(0, line);
    }

    /// Writes a line to the plugin log.
    pub fn info(&self, line: &str) {
        self.host.log(1, line);
    }

    /// Writes a line to the plugin log.
    pub fn warn(&self, line: &str) {
        self.host.log(2, line);
    }

    /// Writes a line to the plugin log.
    pub fn error(&self, line: &str) {
        self.host.log(3, line);
    }

    /// The wall clock in milliseconds since 1970; it stands still during a call.
    pub fn now_ms(&self) -> i64 {
        self.host.now_ms()
    }

    /// When the host ends the call, in milliseconds since 1970.
    pub fn deadline_ms(&self) -> i64 {
        self.host.deadline_ms()
    }

    /// Fills the bytes with secure random ones; false when there are more than [`crate::wire::MAX_RANDOM`].
    #[must_use]
    pub fn random(&self, bytes: &mut [u8]) -> bool {
        self.host.random(bytes)
    }

    /// A string of the operator's config for this plugin, or the fallback when it is missing.
    pub fn config_text<'f>(&self, name: &str, fallback: &'f str) -> &'f str
    where
        'a: 'f,
    {
        self.setting(name).unwrap_or(fallback)
    }

    /// A list of strings of the operator's config, or the fallback when it is missing.
    pub fn config_texts<'f>(&self, name: &str, fallback: &[&'f str]) -> Vec<&'f str>
    where
        'a: 'f,
    {
        self.setting(name).unwrap_or_else(|| fallback.to_vec())
    }

    /// An object of the operator's config whose members are strings, or the fallback when it is missing.
    pub fn config_map<'f>(&self, name: &str, fallback: &[(&'f str, &'f str)]) -> BTreeMap<&'f str, &'f str>
    where
        'a: 'f,
    {
        self.setting(name).unwrap_or_else(|| fallback.iter().copied().collect())
    }

    /// A boolean of the operator's config, or the fallback when it is missing.
    pub fn config_flag(&self, name: &str, fallback: bool) -> bool {
        self.setting(name).unwrap_or(fallback)
    }

    /// A whole number of the operator's config, or the fallback when it is missing.
    pub fn config_number(&self, name: &str, fallback: i64) -> i64 {
        self.setting(name).unwrap_or(fallback)
    }

    /// The operator's config as it is, a JSON object. [`crate::json`] picks values out of it.
    pub fn config(&self) -> &'a str {
        self.config
    }

    /// Reads a setting. That it has the type is for the manifest's config_schema to say; another reads as the default.
    fn setting<T: FromJson<'a>>(&self, name: &str) -> Option<T> {
        let mut r = Reader::lending(self.config, self.arena);
        let mut more = r.object();
        while more {
            if r.name() == name {
                return Some(r.value());
            }
            r.skip();
            more = r.member();
        }
        None
    }
}
