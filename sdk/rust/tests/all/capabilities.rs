//! Capabilities that a test host plays.

use usher::sender::{Mail, Receipt};
use usher::testing::{Exchange, Host};
use usher::{http, kv, secret, telemetry, Call, Error, Status};

fn send(call: &Call, m: &Mail) -> Result<Receipt, Error> {
    if let Some(id) = kv::get(call, m.message_id)? {
        return Ok(Receipt::accepted(id));
    }
    telemetry::start(call, "send", &[("provider", m.provider)])?;
    let auth = http::Auth { secret: "key", prefix: "Bearer ", ..http::Auth::default() };
    let url = "https://mail.example/v1/send";
    let answer = http::fetch(call, &http::Request { method: "POST", url, headers: &[("x-a", "1")], body: m.text, auth: Some(auth) })?;
    telemetry::end(call, answer.status != 202)?;
    telemetry::count(call, "mails", 1.0, &[("kind", m.kind.as_str())])?;
    kv::put(call, m.message_id, &answer.body, 3600)?;
    Ok(Receipt::accepted(answer.body))
}

fn expecting() -> Host {
    let method = "POST";
    Host::new().exchange(Exchange {
        method,
        url: "https://mail.example/v1/send",
        headers: &[("x-a", "1")],
        body: "b",
        secret: "key",
        status: 202,
        answer: "42",
    })
}

const MAIL: Mail = Mail {
    provider: "p",
    message_id: "m",
    attempt: 1,
    kind: usher::sender::Kind::SignIn,
    from: usher::sender::Address { name: "", email: "" },
    to: "",
    subject: "",
    text: "b",
    html: "",
    link: "",
};

#[test]
fn everything() {
    let host = expecting().secret("key", "x");
    assert_eq!(send(&host.call(), &MAIL).unwrap().provider_id, "42");
    assert_eq!(host.entries()["m"], "42");
    let reports = [
        r#"span_start {"name":"send","attributes":{"provider":"p"}}"#,
        "span_end {}",
        r#"metric {"name":"mails","kind":"counter","value":1,"labels":{"kind":"sign_in"}}"#,
    ];
    assert_eq!(host.reports(), reports);
    kv::delete(&host.call(), "m").unwrap();
    assert!(host.entries().is_empty());
    assert_eq!(send(&Host::new().entry("m", "7").call(), &MAIL).unwrap().provider_id, "7");
}

#[test]
fn trouble() {
    let host = Host::new().no_answer(Exchange::default(), "unreachable").store_refuses("quota_exceeded");
    let refused = http::fetch(&host.call(), &http::Request { method: "GET", url: "https://a.example", ..http::Request::default() }).unwrap_err();
    assert_eq!((refused.status, refused.temporary(), refused.reason.as_str()), (Status::Failed, true, "unreachable"));
    assert_eq!(kv::get(&host.call(), "k"), Ok(None));
    assert_eq!(kv::put(&host.call(), "k", "v", 60).unwrap_err().status, Status::Over);
    assert_eq!(kv::get(&Host::new().store_refuses("unavailable").call(), "k").unwrap_err().status, Status::Failed);
}

#[test]
fn hmac() {
    let host = Host::new().secret("key", "Jefe");
    let mac = secret::hmac(&host.call(), "key", "what do ya want for nothing?").unwrap();
    assert_eq!(mac, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    assert_eq!(secret::verify(&host.call(), "key", "what do ya want for nothing?", &mac.to_uppercase()), Ok(true));
    assert_eq!(secret::verify(&host.call(), "key", "m", "00"), Ok(false));
    assert_eq!(secret::verify(&host.call(), "key", "m", ""), Ok(false));
    let refused = secret::hmac(&host.call(), "other", "m").unwrap_err();
    assert_eq!(
        (refused.status, refused.temporary(), refused.to_string()),
        (Status::Denied, false, "usher:secret/v1.hmac: not_granted".into())
    );
}

#[test]
#[should_panic(expected = "the request's body is \"b\", not \"other\"")]
fn another_request() {
    let host = Host::new().secret("key", "x").exchange(Exchange { body: "other", ..Exchange::default() });
    let _ = send(&host.call(), &MAIL);
}

#[test]
#[should_panic(expected = "the plugin did not request POST")]
fn a_request_too_few() {
    drop(expecting());
}

#[test]
#[should_panic(expected = "a request that nobody expects")]
fn a_request_too_many() {
    let _ = send(&Host::new().secret("key", "x").call(), &MAIL);
}
