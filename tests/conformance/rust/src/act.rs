use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::Mutex;
use usher::json::{string, Object, ToJson};
use usher::{http, kv, secret, telemetry, Call, Error, Refused};

pub const TEXT: &str = "q\"b\\s/ü😀\u{1}\n";

/// What a handler is told to answer.
pub enum What {
    Least,
    Full,
    Deny,
    Big,
}

static CALLS: AtomicU32 = AtomicU32::new(0);

/// Keeps what grow allocates from being optimized away.
static KEPT: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Does what the config says, and gives what is to be answered then.
pub fn told(call: &Call, question: &impl ToJson) -> Result<What, Error> {
    match call.config_text("do", "echo") {
        "full" => return Ok(What::Full),
        "deny" => return Ok(What::Deny),
        "big" => return Ok(What::Big),
        "fail" => return Err("no \"way\" ü".into()),
        "panic" => panic!("conformance panic"),
        "log" => {
            call.debug("line");
            call.info("line");
            call.warn("line");
            call.error("line");
        }
        "clock" => call.info(&format!("now {} deadline {}", call.now_ms(), call.deadline_ms())),
        "random" => random(call),
        "config" => config(call),
        "fetch" => fetch(call),
        "kv" => entries(call),
        "torn" => {
            report(call, nothing(kv::put(call, "a", "\u{fffd}z", 60))); // no text of Rust is torn
            report(call, kept(call));
        }
        "secret" => secrets(call),
        "telemetry" => reports(call),
        "remember" => {
            call.info(&(CALLS.fetch_add(1, Ordering::Relaxed) + 1).to_string());
        }
        "grow" => {
            *KEPT.lock().unwrap() = vec![1; 8 << 20];
            echo(call, question);
        }
        "spin" => loop {
            CALLS.fetch_add(1, Ordering::Relaxed);
        },
        _ => echo(call, question),
    }
    Ok(What::Least)
}

fn echo(call: &Call, question: &impl ToJson) {
    let mut about = String::from("call ");
    Object::new(&mut about)
        .member("id", call.id)
        .member("hook", &call.hook)
        .member("run_id", call.run_id)
        .member("tenant", call.tenant)
        .member("actor", &call.actor)
        .member("traceparent", call.traceparent)
        .end();
    call.info(&about);
    call.info(&format!("question {}", question.to_json()));
}

fn random(call: &Call) {
    let mut bytes = [0; 32];
    if call.random(&mut bytes) {
        call.info(&bytes.iter().map(|b| format!("{:02x}", b)).collect::<String>());
    }
    if !call.random(&mut [0; 4097]) {
        call.info("refused");
    }
}

fn config(call: &Call) {
    let mut settings = String::new();
    Object::new(&mut settings)
        .member("text", call.config_text("text", "none"))
        .member("texts", &call.config_texts("texts", &[]))
        .member("map", &call.config_map("map", &[]))
        .member("flag", &call.config_flag("flag", false))
        .member("number", &call.config_number("number", -1))
        .end();
    call.info(&settings);
}

fn fetch(call: &Call) {
    let request = http::Request {
        method: "POST",
        url: "https://conformance.example/x",
        headers: &[("x-a", "1")],
        body: TEXT,
        auth: Some(http::Auth { secret: "key", prefix: "Bearer ", ..http::Auth::default() }),
    };
    report(call, http::fetch(call, &request).map(|response| response.to_json()));
}

fn entries(call: &Call) {
    report(call, nothing(kv::put(call, "a", "1", 60)));
    report(call, kept(call));
    report(call, nothing(kv::delete(call, "a")));
    report(call, kept(call));
}

fn kept(call: &Call) -> Result<String, Refused> {
    kv::get(call, "a").map(|value| value.map_or("null".into(), |value| string(&value)))
}

fn secrets(call: &Call) {
    let mac = secret::hmac(call, "key", "m");
    report(call, mac.as_ref().map(|mac| string(mac)).map_err(Refused::clone));
    report(call, secret::verify(call, "key", "m", &mac.unwrap_or_default()).map(|equal| equal.to_json()));
    report(call, secret::verify(call, "key", "m", "00").map(|equal| equal.to_json()));
}

fn reports(call: &Call) {
    report(call, nothing(telemetry::count(call, "calls", 1.0, &[("kind", "a")])));
    report(call, nothing(telemetry::count(call, "calls", 1.0, &[("kind", "c")])));
    report(call, nothing(telemetry::start(call, "s", &[("k", "v")])));
    report(call, nothing(telemetry::end(call, false)));
}

fn nothing(done: Result<(), Refused>) -> Result<String, Refused> {
    done.map(|()| "null".into())
}

/// Logs what a capability gave, which is JSON.
fn report(call: &Call, gave: Result<String, Refused>) {
    match gave {
        Ok(json) => call.info(&format!("ok {}", json)),
        Err(why) => {
            let mut text = String::from("refused ");
            Object::new(&mut text)
                .member("status", &(why.status as i64))
                .member("reason", &why.reason)
                .member("temporary", &why.temporary())
                .end();
            call.info(&text);
        }
    }
}
