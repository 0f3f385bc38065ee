//! The API is SendEmail of Amazon SES, version 2 (https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html).
//! SES itself wants each request signed over its body. A plugin could not: the link is put into the body when the request
//! leaves, and the key is nothing that it ever sees. So a gateway signs, and knows us by an API key.

use crate::snake;
use usher::json::{Object, ToJson};
use usher::sender::{Mail, Receipt};
use usher::{http, json, Call, Error};

/// Hands over one mail.
pub fn handle(call: &Call, m: &Mail) -> Result<Receipt, Error> {
    let url = format!("{}{}/v2/email/outbound-emails", call.config_text("origin", ""), call.config_text("stage", ""));
    let body = body(m, call.config_text("configuration_set", ""));
    let request = http::Request {
        method: "POST",
        url: &url,
        headers: &[("Content-Type", "application/json"), ("Accept", "application/json")],
        body: &body,
        auth: Some(http::Auth { secret: "api_key", header: "x-api-key", ..http::Auth::default() }),
    };
    match http::fetch(call, &request) {
        Ok(answer) => Ok(receipt(&answer)),
        Err(refused) if refused.temporary() => Ok(Receipt::retry(refused.reason, 0)),
        Err(refused) => Err(refused.into()), // a grant is missing: the next provider has the mail, and on-call the words
    }
}

/// Writes the mail as SES wants it.
fn body(m: &Mail, configuration_set: &str) -> String {
    let mut out = String::new();
    let mut mail = Object::new(&mut out);
    mail.member("FromEmailAddress", &mailbox(m.from.name, m.from.email))
        .raw("Destination", &object("ToAddresses", &format!("[{}]", json::string(m.to))))
        .raw("Content", &object("Simple", &content(m)))
        .raw("EmailTags", &format!("[{}]", tag("kind", &m.kind.to_json())));
    if !configuration_set.is_empty() {
        mail.member("ConfigurationSetName", configuration_set);
    }
    mail.end();
    out
}

fn content(m: &Mail) -> String {
    let mut parts = String::new();
    Object::new(&mut parts).raw("Text", &text(m.text)).raw("Html", &text(m.html)).end();
    let mut out = String::new();
    Object::new(&mut out).raw("Subject", &text(m.subject)).raw("Body", &parts).end();
    out
}

fn text(data: &str) -> String {
    let mut out = String::new();
    Object::new(&mut out).member("Data", data).member("Charset", "UTF-8").end();
    out
}

/// An object of one member, whose value is JSON already.
fn object(name: &str, value: &str) -> String {
    let mut out = String::new();
    Object::new(&mut out).raw(name, value).end();
    out
}

fn tag(name: &str, value: &str) -> String {
    let mut out = String::new();
    Object::new(&mut out).member("Name", name).raw("Value", value).end();
    out
}

/// Writes who a mail is from as a header of a mail does (RFC 5322).
fn mailbox(name: &str, email: &str) -> String {
    if name.is_empty() {
        return email.into();
    }
    let mut out = String::from('"');
    for c in name.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out + "\" <" + email + ">"
}

/// Says what an answer means: whether this mail or our account is at fault.
fn receipt(answer: &http::Response) -> Receipt {
    let header = |name| answer.headers.get(name).map(String::as_str).unwrap_or_default();
    let kind = header("x-amzn-errortype").split(':').next().unwrap_or_default();
    let reason = match kind {
        "" => format!("status_{}", answer.status),
        kind => snake(kind),
    };
    match (answer.status, kind) {
        (200, _) => Receipt::accepted(json::text(&answer.body, &["MessageId"])),
        (429 | 500..=599, _) | (400, "TooManyRequestsException") => Receipt::retry(reason, seconds(header("retry-after"))),
        (400, "MessageRejected" | "BadRequestException") => Receipt::failed(reason),
        _ => Receipt::refused(reason, 0), // the key, the account, the sender's domain: so it is for every mail
    }
}

/// Reads a Retry-After; a date is none, and leaves the time to the host.
fn seconds(text: &str) -> i64 {
    text.parse::<u32>().map_or(0, |n| n.min(24 * 60 * 60).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use usher::sender::Status;
    use usher::testing::{Exchange, Host};

    fn answer(status: i64, kind: &str, after: &str) -> Receipt {
        let headers: BTreeMap<String, String> =
            [("x-amzn-errortype", kind), ("retry-after", after)].iter().map(|(n, v)| (n.to_string(), v.to_string())).collect();
        receipt(&http::Response { status, headers, body: r#"{"MessageId": "m-1"}"#.into() })
    }

    #[test]
    fn answers() {
        assert_eq!(answer(200, "", ""), Receipt::accepted("m-1"));
        assert_eq!(answer(400, "MessageRejected", ""), Receipt::failed("message_rejected"));
        assert_eq!(answer(400, "BadRequestException:http://internal.example/", ""), Receipt::failed("bad_request_exception"));
        assert_eq!(answer(400, "SendingPausedException", ""), Receipt::refused("sending_paused_exception", 0));
        assert_eq!(answer(400, "", ""), Receipt::refused("status_400", 0));
        assert_eq!(answer(403, "", ""), Receipt::refused("status_403", 0));
        assert_eq!(answer(429, "TooManyRequestsException", "9"), Receipt::retry("too_many_requests_exception", 9));
        assert_eq!(answer(503, "", "Thu, 10 Jan 2030 13:00:00 GMT"), Receipt::retry("status_503", 0));
        assert_eq!(answer(500, "", "4000000000"), Receipt::retry("status_500", 86400));
    }

    #[test]
    fn senders() {
        assert_eq!(mailbox("", "a@b.example"), "a@b.example");
        assert_eq!(mailbox("Ada \"L\" \\\r\nBcc: x", "a@b.example"), r#""Ada \"L\" \\  Bcc: x" <a@b.example>"#);
    }

    #[test]
    fn a_mail() {
        let exchange = Exchange {
            method: "POST",
            url: "https://gateway.example/prod/v2/email/outbound-emails",
            body: concat!(
                r#"{"FromEmailAddress":"a@b.example","Destination":{"ToAddresses":["grace@engines.example"]},"Content":{"Simple":{"#,
                r#""Subject":{"Data":"s","Charset":"UTF-8"},"Body":{"Text":{"Data":"\"ü\"\n","Charset":"UTF-8"},"#,
                r#""Html":{"Data":"<p>","Charset":"UTF-8"}}}},"EmailTags":[{"Name":"kind","Value":"sign_in"}],"ConfigurationSetName":"usher"}"#
            ),
            secret: "api_key",
            status: 200,
            answer: r#"{"MessageId": "m-1"}"#,
            ..Exchange::default()
        };
        let host = Host::new()
            .config(r#"{"origin": "https://gateway.example", "stage": "/prod", "configuration_set": "usher"}"#)
            .secret("api_key", "k")
            .exchange(exchange);
        let mut mail = Mail { to: "grace@engines.example", subject: "s", text: "\"ü\"\n", html: "<p>", ..Mail::default() };
        mail.from.email = "a@b.example";
        mail.kind = "sign_in".into();
        assert_eq!(handle(&host.call(), &mail).unwrap().status, Status::Accepted);
        let nothing = handle(&Host::new().call(), &mail).unwrap_err().to_string();
        assert!(nothing.contains("not_granted"), "{}", nothing);
    }
}
