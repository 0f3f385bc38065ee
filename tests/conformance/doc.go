// Package conformance is the kit that a guest of every SDK passes: calls, edge cases and failures, asked of the
// guest's module in plugins.Engine, with its fuel, its limits and its reset. What it expects stands in the
// contract, package hostapi, and is nothing that one SDK happens to do. It is for tests only.
//
//	conformance.Run(t, wasm)
//
// A guest of the kit is a plugin that is written with the SDK as its authors write one, and does what it is
// told. Each language has one in the folder of its name. It needs no manifest: the kit puts its own
// (manifest.json, with every field and every capability) into the module.
//
// # What a guest does
//
// It serves every hook. The member do of its config says what a call does; text is "q\"b\\s/ü😀\u0001\n":
//
//   - echo, or nothing: logs at info "call " and JSON {id, hook, run_id, tenant, actor: {kind, id}, traceparent}, then at
//     info "question " and JSON of the typed question with every member, those that are zero too and raw JSON as
//     it came; then it gives the least answer of the hook: continue with no data, but
//     message.render {subject: "s", html: "<p>" + link + "</p>", text: link}, message.send {status: accepted},
//     identity.begin {url: "https://login.example/?state=" + state}, identity.finish {subject: "u", email: "a@b.example"},
//     event.deliver {acknowledged: true}.
//   - full: continues with every member of the answer set: texts are text, enumerations their last value, whole numbers
//     7 but expires_in 3600, booleans true, maps {k1: text, k2: ""}, lists two such elements, raw JSON {"a":[1,null,"x"]}.
//   - deny, at a hook with a verdict: denies with two errors of fields of the question (of the password: password), with
//     text as their message; message.status without errors.
//   - fail: the handler fails with: no "way" ü
//   - panic: the language's panic, abort or uncaught exception with the text: conformance panic
//   - log: logs "line" at each level, debug to error.
//   - clock: logs at info "now N deadline M", in milliseconds.
//   - random: fills 32 bytes and logs them in hexadecimal; then asks for 4097, and logs "refused" when it was.
//   - config: logs JSON {text, texts, map, flag, number} of the config's members of these names, each read by the reader of
//     its type, with the fallbacks "none", [], {}, false and -1.
//   - fetch: POST https://conformance.example/x with the header x-a: 1, text as its body, and the secret key with the
//     prefix "Bearer "; logs the response as JSON {status, headers, body} in the form below.
//   - kv: puts a = "1" for 60 seconds, gets it, deletes it, gets it again; logs null, "1", null, null.
//   - torn: puts a = half a letter and z, where a text of the language can be so, gets it; logs null, "\ufffdz".
//   - secret: HMAC of "m" under key, then verifies that ("true") and "00" ("false"); logs a JSON string and two booleans.
//   - telemetry: adds 1 to the counter calls with kind a, and with kind c, which is not declared; begins the span s with
//     {k: "v"} and ends it; logs null for what worked.
//   - remember: adds one to a global and logs it; it is 1 in every call.
//   - grow: writes to 8 MiB of new memory, then as echo.
//   - spin: loops for ever.
//   - big: an answer beyond the limit of the output, at session.claims, message.render, or as metadata at signup.validate.
//
// What a capability gave is logged at info as "ok " and JSON, or as "refused " and JSON {status, reason, temporary}
// with the number of the status; a key that is not there is no refusal. A line of the log is cut at 1,024 bytes, so
// questions of the kit are short, and long ones are judged by their answer.
//
// # What a guest reads
//
// It passes over members that it does not know, whatever they hold and at least 100 levels deep; deeper it may fail,
// not crash. What is missing or null is the zero value of its type, also in a list or a map. Of members with the same
// name the last counts, and lists are not joined. A value of an enumeration that it does not know comes to the
// handler as it is. Half a surrogate pair is U+FFFD. Whole numbers are exact up to 2⁵³-1; one written with an
// exponent or a fraction of zero is that number or a failure, one beyond 64 bits anything but a crash. An
// envelope that is no JSON is a failure, and no answer.
package conformance
