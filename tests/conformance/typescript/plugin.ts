// The guest of the conformance kit in TypeScript.
import { accept, change, deny, Failure, serve, type Answer, type Call, type Handler, type Hook, type Questions } from "#usher";

import { act } from "./act.ts";
import { text } from "./text.ts";

/** What a handler can be told to answer. */
interface Told<H extends Hook> {
  least: (question: Questions[H]) => Answer<H>;
  full: Answer<H>;
  deny?: Answer<H>;
  big?: () => Answer<H>;
}

function answering<H extends Hook>(told: Told<H>): Handler<H> {
  return (call, question) => {
    const what = call.config.text("do", "echo");
    switch (what) {
      case "full":
        return told.full;
      case "deny":
        return told.deny as Answer<H>;
      case "big":
        return (told.big as () => Answer<H>)();
      case "fail":
        throw new Failure('no "way" ü');
      case "grow":
        grow();
        echo(call, question);
        break;
      case "echo":
        echo(call, question);
        break;
      default:
        act(call, what);
    }
    return told.least(question);
  };
}

function echo(call: Call, question: unknown): void {
  const { id, hook, runId: run_id, tenant, actor, traceparent } = call;
  call.info(`call ${JSON.stringify({ id, hook, run_id, tenant, actor, traceparent })}`);
  call.info(`question ${JSON.stringify(question)}`);
}

function grow(): void {
  new Uint8Array(8 << 20).fill(1);
}

const map = { k1: text, k2: "" };
const large = () => "x".repeat(300 << 10);
const errors = (first: string, second: string) =>
  deny({ field: first, code: "first", message: text }, { field: second, code: "second", message: text });
const report = { message_id: text, provider_id: text, status: "complained", reason: text, at: text } as const;

export default serve({
  "signup.validate": answering({
    least: accept,
    full: change({ slug: text, metadata: map }),
    deny: errors("email", "slug"),
    big: () => change({ metadata: { big: large() } }),
  }),
  "tenant.provision": answering({ least: () => ({}), full: { references: map } }),
  "invitation.validate": answering({
    least: accept,
    full: change({ expires_in: 3600, role: "member", locale: text, metadata: map }),
    deny: errors("email", "role"),
  }),
  "activation.validate": answering({
    least: accept,
    full: change({ display_name: text, locale: text }),
    deny: errors("display_name", "locale"),
  }),
  "password.check": answering({ least: accept, full: accept(), deny: errors("password", "password") }),
  "message.render": answering({
    least: ({ link }) => ({ subject: "s", html: `<p>${link}</p>`, text: link }),
    full: { subject: text, html: text, text },
    big: () => ({ subject: "", html: large(), text: "" }),
  }),
  "message.route": answering({ least: () => ({}), full: { providers: [text, text], delay_s: 7 } }),
  "message.send": answering({
    least: () => ({ status: "accepted" }),
    full: { status: "failed", provider_id: text, retry_after_s: 7, reason: text },
  }),
  "message.status": answering({ least: accept, full: change({ reports: [report, report] }), deny: deny() }),
  "identity.begin": answering({
    least: ({ state }) => ({ url: `https://login.example/?state=${state}` }),
    full: { url: text, private: text },
  }),
  "identity.finish": answering({
    least: () => ({ subject: "u", email: "a@b.example", email_verified: false }),
    full: { subject: text, email: text, email_verified: true, display_name: text, locale: text },
  }),
  "session.claims": answering({
    least: () => ({}),
    full: { claims: { a: [1, null, "x"] } },
    big: () => ({ claims: { big: large() } }),
  }),
  "event.deliver": answering({ least: () => ({ acknowledged: true }), full: { acknowledged: true, retry_after_s: 7 } }),
});
