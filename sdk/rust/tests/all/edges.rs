//! JSON at its edges: what is read of it, and what is refused.

use usher::json::{elements, raw, string, text, Object, ToJson};
use usher::testing::Host;
use usher::{validator, Call, Error, Hook, Verdict};

/// A question as it is.
struct Raw(String);

impl ToJson for Raw {
    fn write_json(&self, out: &mut String) {
        out.push_str(&self.0);
    }
}

/// Asks signup.validate; gives the question as it was read, or the failure.
fn read(question: &str) -> Result<String, String> {
    fn log(call: &Call, s: &validator::Signup) -> Result<validator::Verdict, Error> {
        call.info(&format!("{}|{}|{:?}", s.slug, s.locale, s.metadata));
        Ok(Verdict::Accept)
    }
    let mut host = Host::new();
    host.ask(&Hook::SignupValidate, &Raw(question.into()), |host| validator::serve(log, host))?;
    Ok(host.lines()[0].trim_start_matches("INFO ").into())
}

#[test]
fn readable() {
    let deep = format!(r#"{{"later": {}1{}, "slug": "a"}}"#, "[".repeat(100_000), "]".repeat(100_000));
    for (question, want) in [
        (r#"{}"#, "||{}"),
        ("null", "||{}"),
        (r#"{"slug": null, "metadata": null}"#, "||{}"),
        (" {\t\"slug\"\n:\r\"a\" , \"metadata\" : { } } ", "a||{}"),
        (r#"{"slug": "\"\\\/\b\f\n\r\t\u00e9\uD83D\ude00"}"#, "\"\\/\u{8}\u{c}\n\r\té😀||{}"),
        (r#"{"slug": "\ud83d", "locale": "\ude00\ud83dx\ud83d\u0041"}"#, "\u{fffd}|\u{fffd}\u{fffd}x\u{fffd}A|{}"),
        (r#"{"sl\u0075g": "a"}"#, "a||{}"),
        (r#"{"slug": "a", "slug": "b"}"#, "b||{}"),
        (r#"{"metadata": {"a": "1", "\u0062": "\u0032", "a": "3"}}"#, r#"||{"a": "3", "b": "2"}"#),
        (r#"{"later": {"a": ["\"}", {"b": -1.5e300}], "c": true}, "slug": "a"}"#, "a||{}"),
        (&deep, "a||{}"),
        (r#"{"slug": "ü😀 "}"#, "ü😀 ||{}"),
    ] {
        assert_eq!(read(question).as_deref(), Ok(want), "{}", &question[..question.len().min(80)]);
    }
}

#[test]
fn unreadable() {
    for question in [
        "{",
        "[]",
        "1",
        r#"{"slug": 1}"#,
        r#"{"slug": "a}"#,
        r#"{"slug": "\q"}"#,
        r#"{"slug": "\u12"}"#,
        r#"{"slug": "\u12é"}"#,
        "{\"slug\": \"\n\"}",
        r#"{"slug"}"#,
        r#"{"slug": "a" "b": 1}"#,
        r#"{"slug": "a",}"#,
        r#"{"metadata": {"a": 1}}"#,
        r#"{"metadata": []}"#,
        r#"{"later": ]}"#,
        r#"{"later": }"#,
        r#"{"later": "\"#,
        r#"{"slug": nul}"#,
        r#"{"slug": "\ud83d\u12é"}"#,
    ] {
        assert_eq!(read(question).unwrap_err(), "the envelope is not readable", "{}", question);
    }
}

#[test]
fn config() {
    let config = r#"{"text": "a\n", "texts": ["b", "\u0063"], "map": {"d": "e"}, "flag": true, "number": -9223372036854775808, "over": 9223372036854775808, "zeros": 00, "part": 1.0, "text": "second"}"#;
    let host = Host::new().config(config).now_ms(5);
    let call = host.call();
    assert_eq!(call.config_text("text", "none"), "a\n");
    assert_eq!(call.config_texts("texts", &[]), ["b", "c"]);
    assert_eq!(call.config_map("map", &[])["d"], "e");
    assert!(call.config_flag("flag", false));
    assert_eq!(call.config_number("number", 1), i64::MIN);
    for name in ["over", "zeros", "part", "text"] {
        assert_eq!(call.config_number(name, 1), 0, "{}", name);
    }
    assert_eq!((call.config_text("x", "none"), call.config_number("x", -1), call.config_flag("x", true)), ("none", -1, true));
    assert_eq!((call.config_texts("x", &["y"]), call.config_map("x", &[("a", "b")])["a"]), (vec!["y"], "b"));
    assert_eq!((call.now_ms(), call.deadline_ms(), call.random(&mut [0; 32]), call.random(&mut [0; 4097])), (5, 105, true, false));
    assert_eq!(call.config(), config);
}

#[test]
fn picking() {
    let value = r#" {"a": {"b": "c\u00e9\n", "n": -1.5e3, "t": true, "z": null, "l": ["x"]}, "a.b": "d", "b": "first", "b": "second"} "#;
    for (path, want) in [
        (&["a", "b"][..], "cé\n"),
        (&["a", "n"], "-1.5e3"),
        (&["a", "t"], "true"),
        (&["a", "z"], ""),
        (&["a", "l"], ""),
        (&["a"], ""),
        (&["a.b"], "d"),
        (&["b"], "first"),
        (&["a", "x", "y"], ""),
        (&["b", "c"], ""),
    ] {
        assert_eq!(text(value, path), want, "{:?}", path);
    }
    assert_eq!((text("\"x\"", &[]), text("", &["a"]), text(r#"{"a": {"b": "c""#, &["a", "b"])), ("x".into(), "".into(), "".into()));
    assert_eq!(raw(value, &["a", "l"]), r#"["x"]"#);
    assert_eq!(elements(r#"[1, {"a": [2]}, "x"]"#), Some(vec!["1", r#"{"a": [2]}"#, "\"x\""]));
    assert_eq!((elements("[]"), elements("null")), (Some(vec![]), Some(vec![])));
    for value in ["", "{}", "[1", "[1 2]", "\"x\""] {
        assert_eq!(elements(value), None, "{}", value);
    }
}

#[test]
fn writing() {
    assert_eq!(string("q\"b\\s/ü😀\u{1}\n\r\t\u{7f}"), "\"q\\\"b\\\\s/ü😀\\u0001\\n\\r\\t\u{7f}\"");
    assert_eq!(usher::url::escape("a b+ü-._~/"), "a%20b%2B%C3%BC-._~%2F");
    let mut out = String::new();
    Object::new(&mut out).member("a\"", &[1.5, f64::NAN][..]).member("n", &-7).member("m", &[("k", "v")][..]).raw("r", "").end();
    assert_eq!(out, r#"{"a\"":[1.5,null],"n":-7,"m":{"k":"v"},"r":null}"#);
    assert_eq!(f64::MAX.to_json().parse(), Ok(f64::MAX));
}
