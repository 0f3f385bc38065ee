use super::{sha256, Exchange, Host, Seen};
use crate::json::{raw, text, Object};

type Answer = (i32, String);

impl Host {
    /// Serves one use of a capability.
    pub(crate) fn lend(&self, function: &str, request: &str) -> Answer {
        let member = |name| text(request, &[name]);
        let mut seen = self.seen.borrow_mut();
        match function {
            _ if self.store_refuses == "unavailable" && function.starts_with("usher:kv/") => refused(3, self.store_refuses),
            "usher:kv/v1.put" if self.store_refuses == "quota_exceeded" => refused(4, self.store_refuses),
            "usher:http/v1.fetch" => self.fetch(&mut seen, request),
            "usher:kv/v1.get" => match seen.entries.get(&member("key")) {
                Some(value) => answer(|o| {
                    o.member("value", value).member("expires_at", "2100-01-01T00:00:00Z");
                }),
                None => refused(5, "not_found"),
            },
            "usher:kv/v1.put" => {
                seen.entries.insert(member("key"), member("value"));
                (0, String::new())
            }
            "usher:kv/v1.delete" => {
                seen.entries.remove(&member("key"));
                (0, String::new())
            }
            "usher:secret/v1.hmac" => self.hmac(&member("secret"), &member("message"), &member("expect")),
            _ => {
                let name = function.rsplit('.').next().unwrap_or_default();
                seen.reports.push(format!("{} {}", name, request));
                (0, String::new())
            }
        }
    }

    fn fetch(&self, seen: &mut Seen, request: &str) -> Answer {
        let secret = text(request, &["auth", "secret"]);
        if !secret.is_empty() && !self.secrets.contains_key(&secret) {
            return refused(2, "not_granted");
        }
        let (next, no_answer) = match seen.exchanges.pop_front() {
            Some(next) => next,
            None => panic!("the plugin made a request that nobody expects: {}", request),
        };
        compare(&next, request);
        if let Some(reason) = no_answer {
            return refused(3, reason);
        }
        answer(|o| {
            o.member("status", &next.status).raw("headers", "{}").member("body", next.answer);
        })
    }

    fn hmac(&self, secret: &str, message: &str, expect: &str) -> Answer {
        let mac = match self.secrets.get(secret) {
            Some(value) => sha256::hmac(value.as_bytes(), message.as_bytes()),
            None => return refused(2, "not_granted"),
        };
        if expect.is_empty() {
            return answer(|o| {
                o.member("hmac", &mac).member("equal", &false);
            });
        }
        answer(|o| {
            o.member("equal", &mac.eq_ignore_ascii_case(expect));
        })
    }
}

fn answer(write: impl FnOnce(&mut Object)) -> Answer {
    let mut out = String::new();
    let mut o = Object::new(&mut out);
    write(&mut o);
    o.end();
    (0, out)
}

fn refused(status: i32, reason: &str) -> Answer {
    let (_, refusal) = answer(|o| {
        o.member("reason", reason).member("detail", "");
    });
    (status, refusal)
}

/// Fails the test where a request is not the expected one.
fn compare(want: &Exchange, request: &str) {
    let same = |what: &str, path: &[&str], want: &str| {
        let got = text(request, path);
        assert!(want.is_empty() || got == want, "the request's {} is {:?}, not {:?}", what, got, want);
    };
    same("method", &["method"], want.method);
    same("url", &["url"], want.url);
    same("body", &["body"], want.body);
    same("secret", &["auth", "secret"], want.secret);
    for (name, value) in want.headers {
        same(name, &["headers", name], value);
    }
    assert!(!raw(request, &["method"]).is_empty(), "the request has no method");
}
