//! Every hook is asked by JSON, as a host asks, and its question comes whole.

use std::collections::BTreeMap;
use usher::json::ToJson;
use usher::testing::Host;
use usher::wire::*;
use usher::*;

/// Asks a hook whose handler logs its question; gives the output.
macro_rules! ask {
    ($hook:ident, $serve:path, $Question:ty, $question:expr, $answer:expr) => {{
        let mut host = Host::new().tenant("t");
        let question: $Question = $question;
        let output = host.ask(&Hook::$hook, &question, |host| {
            $serve(
                |call, q| {
                    assert_eq!(
                        (&call.hook, call.id, call.run_id, call.tenant, call.actor.kind),
                        (&Hook::$hook, "test", "test", "t", "anonymous")
                    );
                    call.info(&q.to_json());
                    $answer
                },
                host,
            )
        });
        assert_eq!(host.lines(), [format!("INFO {}", question.to_json())]);
        output.unwrap()
    }};
}

fn pairs<'a>() -> BTreeMap<&'a str, &'a str> {
    BTreeMap::from([("plan", "pro"), ("ü\"\\", "😀\n\u{1}")])
}

#[test]
fn verdicts() {
    let signup = SignupValidate { email: "a@b.example", organization_name: "B \"&\" Söhne\t", metadata: pairs(), ..Default::default() };
    fn patch() -> SignupPatch {
        SignupPatch { slug: Some("b".into()), metadata: Some(BTreeMap::new()) }
    }
    let output = ask!(SignupValidate, validator::serve, SignupValidate, signup, Ok(Verdict::Change(patch())));
    assert_eq!(output, r#"{"outcome":"continue","data":{"slug":"b","metadata":{}}}"#);

    let invitation =
        InvitationValidate { role: Role::Admin, inviter_role: "later".into(), expires_in: -7, bulk: true, ..Default::default() };
    let output = ask!(InvitationValidate, invitation::serve, InvitationValidate, invitation, Ok(Verdict::deny("email", "c", "m")));
    assert_eq!(output, r#"{"outcome":"deny","errors":[{"field":"email","code":"c","message":"m"}]}"#);

    let tenant = MessageTenant { name: "A & B", slug: "ab" };
    let activation = ActivationValidate { purpose: ActivationPurpose::Invitation, account_exists: true, tenant, ..Default::default() };
    let output = ask!(ActivationValidate, activation::serve, ActivationValidate, activation, Ok(Verdict::Accept));
    assert_eq!(output, r#"{"outcome":"continue"}"#);

    let check = PasswordCheck {
        sha1_prefix: "5BAA6",
        facts: PasswordFacts { length: 8, contains_org: true, ..Default::default() },
        ..Default::default()
    };
    let output = ask!(PasswordCheck, password::serve, PasswordCheck, check, Ok(Verdict::Deny(Vec::new())));
    assert_eq!(output, r#"{"outcome":"deny"}"#);

    let callback = MessageStatus { provider: "p", query: pairs(), body: "{}", ..Default::default() };
    fn report() -> tracker::Report {
        tracker::Report { provider_id: "m".into(), status: tracker::Status::Bounced, ..Default::default() }
    }
    let output = ask!(MessageStatus, tracker::serve, MessageStatus, callback, Ok(tracker::reports(vec![report()])));
    assert_eq!(output, r#"{"outcome":"continue","data":{"reports":[{"provider_id":"m","status":"bounced"}]}}"#);
}

#[test]
fn answers() {
    let tenant = TenantProvision { slug: "acme", attempt: i64::MAX, metadata: pairs(), ..Default::default() };
    let output = ask!(TenantProvision, provisioner::serve, TenantProvision, tenant, Ok(provisioner::References::of([("crm", "7")])));
    assert_eq!(output, r#"{"outcome":"continue","data":{"references":{"crm":"7"}}}"#);

    let message = MessageRender { kind: MessageKind::SignIn, link: "https://link.usher.invalid/", ..Default::default() };
    fn mail() -> renderer::Mail {
        renderer::Mail { subject: "s".into(), html: renderer::html("<'\"&>"), text: String::new() }
    }
    let output = ask!(MessageRender, renderer::serve, MessageRender, message, Ok(mail()));
    assert_eq!(output, r#"{"outcome":"continue","data":{"subject":"s","html":"&lt;&#39;&#34;&amp;&gt;","text":""}}"#);

    let providers = vec![MailProvider { name: "a", ..Default::default() }, MailProvider { name: "b", up: true, ..Default::default() }];
    let message = MessageRoute { providers, age_s: i64::MIN, ..Default::default() };
    let output = ask!(MessageRoute, router::serve, MessageRoute, message, Ok(router::Route { providers: vec!["b".into()], delay_s: 0 }));
    assert_eq!(output, r#"{"outcome":"continue","data":{"providers":["b"]}}"#);

    let mail = MessageSend { from: MailAddress { name: "U", email: "u@b.example" }, ..Default::default() };
    let output = ask!(MessageSend, sender::serve, MessageSend, mail, Ok(sender::Receipt::retry("busy", 30)));
    assert_eq!(output, r#"{"outcome":"continue","data":{"status":"retry","retry_after_s":30,"reason":"busy"}}"#);

    let begin = IdentityBegin { state: "s", ..Default::default() };
    fn redirect() -> authenticator::Redirect {
        authenticator::Redirect { url: "https://login.example/".into(), private: "p".into() }
    }
    let output = ask!(IdentityBegin, authenticator::serve_begin, IdentityBegin, begin, Ok(redirect()));
    assert_eq!(output, r#"{"outcome":"continue","data":{"url":"https://login.example/","private":"p"}}"#);

    let finish = IdentityFinish { query: pairs(), ..Default::default() };
    fn person() -> authenticator::Identity {
        authenticator::Identity { subject: "u".into(), ..Default::default() }
    }
    let output = ask!(IdentityFinish, authenticator::serve_finish, IdentityFinish, finish, Ok(person()));
    assert_eq!(output, r#"{"outcome":"continue","data":{"subject":"u","email":"","email_verified":false}}"#);

    let session = SessionClaims { role: Role::Owner, reason: SessionReason::TenantSwitch, ..Default::default() };
    let output = ask!(SessionClaims, claims::serve, SessionClaims, session, Ok(claims::Claims::of([("invoices", true)])));
    assert_eq!(output, r#"{"outcome":"continue","data":{"claims":{"invoices":true}}}"#);

    let event = EventDeliver { event: r#"{"id": [1e3, null], "a":"\ud83d\ude00"}"#, attempt: 1 };
    let output = ask!(EventDeliver, subscriber::serve, EventDeliver, event, Ok(subscriber::Receipt::later(5)));
    assert_eq!(output, r#"{"outcome":"continue","data":{"acknowledged":false,"retry_after_s":5}}"#);
}

#[test]
fn failures() {
    fn down(_: &Call, _: &validator::Signup) -> Result<validator::Verdict, Error> {
        Err("no \"way\" ü".into())
    }
    fn huge(_: &Call, _: &validator::Signup) -> Result<validator::Verdict, Error> {
        Ok(Verdict::deny("email", "c", "m".repeat(300 << 10)))
    }
    let ask = |hook, handler| Host::new().ask(&hook, &validator::Signup::default(), |host| validator::serve(handler, host));
    assert_eq!(ask(Hook::SignupValidate, down).unwrap_err(), "no \"way\" ü");
    assert_eq!(ask(Hook::SignupValidate, huge).unwrap_err(), "the answer is too large");
    let other = "the plugin of signup.validate was asked message.send; see its exports";
    assert_eq!(ask(Hook::MessageSend, down).unwrap_err(), other);
}
