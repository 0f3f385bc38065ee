//! Stands in for the host in a native test: config, clock, a scripted network, entries, secrets, and a log that can be
//! looked at. What a built module does in the real runtime is tested by its fixtures: `usher plugin test`.

mod lender;
mod sha256;

use crate::json::{Arena, Object, ToJson};
use crate::wire::{Actor, Hook};
use crate::Call;
use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};

/// A host with nothing in it, until it is told: an anonymous call at 0, no config and no capabilities.
#[derive(Default)]
pub struct Host {
    config: String,
    tenant: String,
    actor: (String, String),
    now_ms: i64,
    secrets: BTreeMap<String, String>,
    store_refuses: &'static str,
    input: String,
    seen: RefCell<Seen>,
    arena: Arena,
}

/// What happened so far.
#[derive(Default)]
struct Seen {
    exchanges: VecDeque<(Exchange, Option<&'static str>)>,
    entries: BTreeMap<String, String>,
    lines: Vec<String>,
    reports: Vec<String>,
    output: String,
    failure: String,
}

/// A request that a plugin must make, and what it gets. Of the request only what is not empty is compared.
#[derive(Debug, Clone, Default)]
pub struct Exchange {
    pub method: &'static str,
    pub url: &'static str,
    pub headers: &'static [(&'static str, &'static str)],
    pub body: &'static str,
    /// the name of the secret that the request has in its authorization
    pub secret: &'static str,
    /// of the answer
    pub status: i64,
    /// the body of the answer
    pub answer: &'static str,
}

impl Host {
    pub fn new() -> Self {
        Host { config: "{}".into(), actor: ("anonymous".into(), String::new()), ..Host::default() }
    }

    /// The operator's config, a JSON object.
    pub fn config(mut self, json: &str) -> Self {
        self.config = json.into();
        self
    }

    /// The id of the call's tenant.
    pub fn tenant(mut self, id: &str) -> Self {
        self.tenant = id.into();
        self
    }

    /// Who caused the call: anonymous, user, api_key or system, and an id.
    pub fn actor(mut self, kind: &str, id: &str) -> Self {
        self.actor = (kind.into(), id.into());
        self
    }

    /// What the clock shows, in milliseconds since 1970.
    pub fn now_ms(mut self, now: i64) -> Self {
        self.now_ms = now;
        self
    }

    /// The value of a secret.
    pub fn secret(mut self, name: &str, value: &str) -> Self {
        self.secrets.insert(name.into(), value.into());
        self
    }

    /// The next exchange that stands in for the network. A request that is another, or does not come, fails the test.
    pub fn exchange(self, exchange: Exchange) -> Self {
        self.seen.borrow_mut().exchanges.push_back((exchange, None));
        self
    }

    /// The next request, which has no answer for that reason, such as `unreachable`.
    pub fn no_answer(self, request: Exchange, reason: &'static str) -> Self {
        self.seen.borrow_mut().exchanges.push_back((request, Some(reason)));
        self
    }

    /// An entry of the key-value store.
    pub fn entry(self, key: &str, value: &str) -> Self {
        self.seen.borrow_mut().entries.insert(key.into(), value.into());
        self
    }

    /// The reason for which the key-value store refuses: what is put for `quota_exceeded`, anything for `unavailable`.
    pub fn store_refuses(mut self, reason: &'static str) -> Self {
        self.store_refuses = reason;
        self
    }

    /// A call to hand to a handler.
    pub fn call(&self) -> Call<'_> {
        Call {
            id: "test",
            hook: Hook::default(),
            run_id: "test",
            tenant: &self.tenant,
            actor: Actor { kind: &self.actor.0, id: &self.actor.1 },
            traceparent: "",
            config: &self.config,
            arena: &self.arena,
            host: crate::host::Host(self),
        }
    }

    /// What was logged, with the level before it: `INFO denied`.
    pub fn lines(&self) -> Vec<String> {
        self.seen.borrow().lines.clone()
    }

    /// The entries that there are now.
    pub fn entries(&self) -> BTreeMap<String, String> {
        self.seen.borrow().entries.clone()
    }

    /// The requests to the capability telemetry, with the function before each: `metric {"name":"mails",…}`.
    pub fn reports(&self) -> Vec<String> {
        self.seen.borrow().reports.clone()
    }

    /// Asks a hook as a host does, by JSON, with the function that serves it, such as
    /// `|host| validator::serve(check, host)`. The output, or the reason of the failure.
    pub fn ask(&mut self, hook: &Hook, question: &impl ToJson, serve: impl FnOnce(crate::host::Host) -> i32) -> Result<String, String> {
        self.input.clear();
        Object::new(&mut self.input)
            .member("abi", "usher/v1")
            .member("hook", hook)
            .member("call_id", "test")
            .member("run_id", "test")
            .member("tenant", &self.tenant)
            .member("actor", &Actor { kind: &self.actor.0, id: &self.actor.1 })
            .member("traceparent", "")
            .raw("config", &self.config)
            .member("data", question)
            .end();
        let returned = serve(crate::host::Host(self));
        let mut seen = self.seen.borrow_mut();
        let (output, failure) = (std::mem::take(&mut seen.output), std::mem::take(&mut seen.failure));
        if returned == 0 {
            return Ok(output);
        }
        Err(failure)
    }

    pub(crate) fn envelope(&self) -> String {
        self.input.clone()
    }

    pub(crate) fn answer(&self, text: &str) -> bool {
        const MOST: usize = 256 << 10; // unless the manifest asks for more
        let mut seen = self.seen.borrow_mut();
        let fits = seen.output.len() + text.len() <= MOST;
        if fits {
            seen.output.push_str(text);
        }
        fits
    }

    pub(crate) fn log(&self, level: i32, line: &str) {
        let level = ["DEBUG", "INFO", "WARN", "ERROR"][level.clamp(0, 3) as usize];
        self.seen.borrow_mut().lines.push(format!("{} {}", level, line));
    }

    pub(crate) fn fail(&self, reason: &str) {
        self.seen.borrow_mut().failure = reason.into();
    }

    pub(crate) fn now(&self) -> i64 {
        self.now_ms
    }
}

/// A test that expected a request which did not come fails.
impl Drop for Seen {
    fn drop(&mut self) {
        if let (Some((next, _)), false) = (self.exchanges.front(), std::thread::panicking()) {
            panic!("the plugin did not request {} {}", next.method, next.url);
        }
    }
}
