//! The guest of the conformance kit in Rust.

mod act;

use act::{told, What, TEXT};
use std::collections::BTreeMap;
use usher::activation::Activation;
use usher::authenticator::{Begin, Finish, Identity, Redirect};
use usher::claims::{Claims, Session};
use usher::invitation::{Invitation, Role};
use usher::password::Check;
use usher::provisioner::{References, Tenant};
use usher::renderer::{Mail, Message};
use usher::router::Route;
use usher::sender::Receipt;
use usher::tracker::{Callback, Report};
use usher::validator::Signup;
use usher::{activation, invitation, password, router, sender, subscriber, tracker, validator};
use usher::{Call, Error, FieldError, Verdict};

usher::serve! {
    signup.validate => signup,
    tenant.provision => tenant,
    invitation.validate => invite,
    activation.validate => activate,
    password.check => check,
    message.render => render,
    message.route => route,
    message.send => send,
    message.status => track,
    identity.begin => begin,
    identity.finish => finish,
    session.claims => claim,
    event.deliver => deliver,
}

fn signup(call: &Call, s: &Signup) -> Result<validator::Verdict, Error> {
    Ok(match told(call, s)? {
        What::Least => Verdict::Accept,
        What::Full => Verdict::Change(validator::Patch { slug: Some(TEXT.into()), metadata: Some(map()) }),
        What::Deny => denied("email", "slug"),
        What::Big => Verdict::Change(validator::Patch { metadata: Some([("big".into(), big())].into()), ..Default::default() }),
    })
}

fn tenant(call: &Call, t: &Tenant) -> Result<References, Error> {
    Ok(match told(call, t)? {
        What::Full => References { references: Some(map()) },
        _ => References::default(),
    })
}

fn invite(call: &Call, i: &Invitation) -> Result<invitation::Verdict, Error> {
    Ok(match told(call, i)? {
        What::Full => Verdict::Change(invitation::Patch {
            expires_in: Some(3600),
            role: Some(Role::Member),
            locale: Some(TEXT.into()),
            metadata: Some(map()),
        }),
        What::Deny => denied("email", "role"),
        _ => Verdict::Accept,
    })
}

fn activate(call: &Call, a: &Activation) -> Result<activation::Verdict, Error> {
    Ok(match told(call, a)? {
        What::Full => Verdict::Change(activation::Patch { display_name: Some(TEXT.into()), locale: Some(TEXT.into()) }),
        What::Deny => denied("display_name", "locale"),
        _ => Verdict::Accept,
    })
}

fn check(call: &Call, c: &Check) -> Result<password::Verdict, Error> {
    Ok(match told(call, c)? {
        What::Deny => denied("password", "password"),
        _ => Verdict::Accept,
    })
}

fn render(call: &Call, m: &Message) -> Result<Mail, Error> {
    Ok(match told(call, m)? {
        What::Full => Mail { subject: TEXT.into(), html: TEXT.into(), text: TEXT.into() },
        What::Big => Mail { html: big(), ..Mail::default() },
        _ => Mail { subject: "s".into(), html: format!("<p>{}</p>", m.link), text: m.link.into() },
    })
}

fn route(call: &Call, m: &router::Message) -> Result<Route, Error> {
    Ok(match told(call, m)? {
        What::Full => Route { providers: vec![TEXT.into(), TEXT.into()], delay_s: 7 },
        _ => Route::default(),
    })
}

fn send(call: &Call, m: &sender::Mail) -> Result<Receipt, Error> {
    Ok(match told(call, m)? {
        What::Full => Receipt { status: sender::Status::Failed, provider_id: TEXT.into(), retry_after_s: 7, reason: TEXT.into() },
        _ => Receipt::accepted(""),
    })
}

fn track(call: &Call, c: &Callback) -> Result<tracker::Verdict, Error> {
    Ok(match told(call, c)? {
        What::Full => {
            let report = Report {
                message_id: TEXT.into(),
                provider_id: TEXT.into(),
                status: tracker::Status::Complained,
                reason: TEXT.into(),
                at: TEXT.into(),
            };
            tracker::reports(vec![report.clone(), report])
        }
        What::Deny => tracker::deny(),
        _ => tracker::reports(Vec::new()),
    })
}

fn begin(call: &Call, b: &Begin) -> Result<Redirect, Error> {
    Ok(match told(call, b)? {
        What::Full => Redirect { url: TEXT.into(), private: TEXT.into() },
        _ => Redirect { url: format!("https://login.example/?state={}", b.state), ..Redirect::default() },
    })
}

fn finish(call: &Call, f: &Finish) -> Result<Identity, Error> {
    Ok(match told(call, f)? {
        What::Full => {
            Identity { subject: TEXT.into(), email: TEXT.into(), email_verified: true, display_name: TEXT.into(), locale: TEXT.into() }
        }
        _ => Identity { subject: "u".into(), email: "a@b.example".into(), ..Identity::default() },
    })
}

fn claim(call: &Call, s: &Session) -> Result<Claims, Error> {
    Ok(match told(call, s)? {
        What::Full => Claims { claims: r#"{"a":[1,null,"x"]}"#.into() },
        What::Big => Claims::of([("big", big())]),
        _ => Claims::default(),
    })
}

fn deliver(call: &Call, e: &subscriber::Event) -> Result<subscriber::Receipt, Error> {
    Ok(match told(call, e)? {
        What::Full => subscriber::Receipt { acknowledged: true, retry_after_s: 7 },
        _ => subscriber::Receipt::taken(),
    })
}

fn denied<P>(first: &str, second: &str) -> Verdict<P> {
    let error = |field: &str, code: &str| FieldError { field: field.into(), code: code.into(), message: TEXT.into() };
    Verdict::Deny(vec![error(first, "first"), error(second, "second")])
}

fn map() -> BTreeMap<String, String> {
    [("k1".into(), TEXT.into()), ("k2".into(), String::new())].into()
}

fn big() -> String {
    "x".repeat(300 << 10)
}
