use crate::call::Call;
use crate::host::Host;
use crate::json::{Arena, FromJson, Object, Reader, ToJson};
use crate::wire::{FieldError, Hook};
use crate::Error;

/// What a plugin says to a question that asks for a verdict; each hook's module has it with the hook's own patch.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict<P> {
    /// lets it through as it is
    Accept,
    /// lets it through with changes
    Change(P),
    /// refuses it; without a field error the person only learns that the policy of the product denies it
    Deny(Vec<FieldError>),
}

impl<P> Verdict<P> {
    /// Refuses for one reason: the JSON name of a field of the question, a stable snake_case code, and a sentence for
    /// the person.
    pub fn deny(field: impl Into<String>, code: impl Into<String>, message: impl Into<String>) -> Self {
        Verdict::Deny(vec![FieldError { field: field.into(), code: code.into(), message: message.into() }])
    }
}

/// Makes the module of a hook serve handlers: what they are, what they are asked, what they answer, and how an answer is
/// written.
macro_rules! serves {
    ($hook:ident: $Handler:ident($Question:ident) -> $Answer:ty, $serve:ident, $write:path) => {
        /// What answers the hook. An error fails the call with its text.
        pub type $Handler = fn(&crate::Call, &$Question) -> Result<$Answer, crate::Error>;

        /// Answers one call; the guest returns what it gives. [`crate::serve!`] writes the call of it.
        pub fn $serve(handler: $Handler, host: crate::host::Host) -> i32 {
            let arena = crate::json::Arena::default();
            let input = crate::serving::input(host);
            let (call, question) = match crate::serving::open(crate::wire::Hook::$hook, &input, &arena, host) {
                Ok(asked) => asked,
                Err(reason) => return crate::serving::fail(host, &reason),
            };
            match handler(&call, &question) {
                Ok(answer) => crate::serving::write(host, &$write(&answer)),
                Err(reason) => crate::serving::fail(host, &reason),
            }
        }
    };
}
pub(crate) use serves;

const OK: i32 = 0;
const FAILED: i32 = 1;

/// Reads the envelope; an empty one where it is no text.
pub(crate) fn input(host: Host) -> String {
    String::from_utf8(host.input()).unwrap_or_default()
}

/// Reads an envelope in one go. A question is read where it stands.
pub(crate) fn open<'a, Q: FromJson<'a>>(hook: Hook, input: &'a str, arena: &'a Arena, host: Host<'a>) -> Result<(Call<'a>, Q), Error> {
    let mut call =
        Call { id: "", hook: Hook::default(), run_id: "", tenant: "", actor: Default::default(), traceparent: "", config: "", arena, host };
    let mut question = Q::default();
    let mut r = Reader::lending(input, arena);
    let mut more = r.object();
    while more {
        match r.name() {
            "hook" => call.hook = r.value(),
            "call_id" => call.id = r.value(),
            "run_id" => call.run_id = r.value(),
            "tenant" => call.tenant = r.value(),
            "actor" => call.actor = r.value(),
            "traceparent" => call.traceparent = r.value(),
            "config" => call.config = r.raw(),
            "data" => question = r.value(),
            _ => r.skip(),
        }
        more = r.member();
    }
    if !r.ok() {
        return Err("the envelope is not readable".into());
    }
    if call.hook != hook {
        return Err(format!("the plugin of {} was asked {}; see its exports", hook.as_str(), call.hook.as_str()).into());
    }
    Ok((call, question))
}

/// Writes the output of a verdict.
pub(crate) fn verdict<P: ToJson>(v: &Verdict<P>) -> String {
    let mut out = String::new();
    let mut o = Object::new(&mut out);
    match v {
        Verdict::Accept => o.member("outcome", "continue"),
        Verdict::Change(patch) => o.member("outcome", "continue").member("data", patch),
        Verdict::Deny(errors) if errors.is_empty() => o.member("outcome", "deny"),
        Verdict::Deny(errors) => o.member("outcome", "deny").member("errors", errors),
    }
    .end();
    out
}

/// Writes the output of a hook that is never denied.
pub(crate) fn data<A: ToJson>(answer: &A) -> String {
    let mut out = String::new();
    Object::new(&mut out).member("outcome", "continue").member("data", answer).end();
    out
}

pub(crate) fn write(host: Host, output: &str) -> i32 {
    if host.output(output) {
        return OK;
    }
    fail(host, &"the answer is too large".into())
}

pub(crate) fn fail(host: Host, reason: &Error) -> i32 {
    host.fail(&reason.to_string());
    FAILED
}

/// Exports the functions of the hooks that a plugin serves, each from its handler: `serve! { signup.validate =>
/// check_signup }`. In a native build it only checks that a handler is one of the hook.
#[macro_export]
macro_rules! serve {
    ($($family:ident.$moment:ident => $handler:expr),+ $(,)?) => { $($crate::__export!($family.$moment, $handler);)+ };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __export {
    (signup.validate, $h:expr) => {
        $crate::__export!(usher_signup_validate, validator, Handler, serve, $h);
    };
    (tenant.provision, $h:expr) => {
        $crate::__export!(usher_tenant_provision, provisioner, Handler, serve, $h);
    };
    (invitation.validate, $h:expr) => {
        $crate::__export!(usher_invitation_validate, invitation, Handler, serve, $h);
    };
    (activation.validate, $h:expr) => {
        $crate::__export!(usher_activation_validate, activation, Handler, serve, $h);
    };
    (password.check, $h:expr) => {
        $crate::__export!(usher_password_check, password, Handler, serve, $h);
    };
    (message.render, $h:expr) => {
        $crate::__export!(usher_message_render, renderer, Handler, serve, $h);
    };
    (message.route, $h:expr) => {
        $crate::__export!(usher_message_route, router, Handler, serve, $h);
    };
    (message.send, $h:expr) => {
        $crate::__export!(usher_message_send, sender, Handler, serve, $h);
    };
    (message.status, $h:expr) => {
        $crate::__export!(usher_message_status, tracker, Handler, serve, $h);
    };
    (identity.begin, $h:expr) => {
        $crate::__export!(usher_identity_begin, authenticator, BeginHandler, serve_begin, $h);
    };
    (identity.finish, $h:expr) => {
        $crate::__export!(usher_identity_finish, authenticator, FinishHandler, serve_finish, $h);
    };
    (session.claims, $h:expr) => {
        $crate::__export!(usher_session_claims, claims, Handler, serve, $h);
    };
    (event.deliver, $h:expr) => {
        $crate::__export!(usher_event_deliver, subscriber, Handler, serve, $h);
    };
    ($family:ident.$moment:ident, $h:expr) => {
        compile_error!(concat!("there is no hook ", stringify!($family), ".", stringify!($moment), " in usher/v1"));
    };
    ($export:ident, $module:ident, $Handler:ident, $serve:ident, $h:expr) => {
        #[cfg(target_arch = "wasm32")]
        #[no_mangle]
        pub extern "C" fn $export() -> i32 {
            $crate::$module::$serve($h, $crate::host::Host::lent())
        }
        #[cfg(not(target_arch = "wasm32"))]
        const _: $crate::$module::$Handler = $h;
    };
}
