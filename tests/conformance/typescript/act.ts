import { Refused, type Call } from "#usher";
import { fetch } from "#usher/http";
import * as kv from "#usher/kv";
import * as secret from "#usher/secret";
import * as telemetry from "#usher/telemetry";

import { text } from "./text.ts";

let calls = 0;

/** Does what leaves the answer as it is. */
export function act(call: Call, what: string): void {
  switch (what) {
    case "panic":
      throw new Error("conformance panic");
    case "log":
      call.debug("line");
      call.info("line");
      call.warn("line");
      call.error("line");
      break;
    case "clock":
      call.info(`now ${call.now()} deadline ${call.deadline()}`);
      break;
    case "random":
      random(call);
      break;
    case "config":
      config(call);
      break;
    case "fetch":
      report(call, () =>
        fetch(call, {
          method: "POST",
          url: "https://conformance.example/x",
          headers: { "x-a": "1" },
          body: text,
          auth: { secret: "key", prefix: "Bearer " },
        }),
      );
      break;
    case "kv":
      report(call, () => kv.put(call, "a", "1", 60));
      report(call, () => kv.get(call, "a"));
      report(call, () => kv.remove(call, "a"));
      report(call, () => kv.get(call, "a"));
      break;
    case "torn":
      report(call, () => kv.put(call, "a", "😀".slice(0, 1) + "z", 60));
      report(call, () => kv.get(call, "a"));
      break;
    case "secret":
      report(call, () => secret.hmac(call, "key", "m"));
      report(call, () => secret.verify(call, "key", "m", secret.hmac(call, "key", "m")));
      report(call, () => secret.verify(call, "key", "m", "00"));
      break;
    case "telemetry":
      report(call, () => telemetry.count(call, "calls", 1, { kind: "a" }));
      report(call, () => telemetry.count(call, "calls", 1, { kind: "c" }));
      report(call, () => telemetry.start(call, "s", { k: "v" }));
      report(call, () => telemetry.end(call));
      break;
    case "remember":
      call.info(`${++calls}`);
      break;
    case "spin":
      for (;;) calls++;
  }
}

function random(call: Call): void {
  const bytes = call.random(32);
  call.info(Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join(""));
  try {
    call.random(4097);
  } catch {
    call.info("refused");
  }
}

function config(call: Call): void {
  const { config } = call;
  const settings = {
    text: config.text("text", "none"),
    texts: config.texts("texts"),
    map: config.map("map"),
    flag: config.flag("flag", false),
    number: config.number("number", -1),
  };
  call.info(JSON.stringify(settings));
}

/** Logs what a capability gave. */
function report(call: Call, use: () => unknown): void {
  try {
    call.info(`ok ${JSON.stringify(use() ?? null)}`);
  } catch (e) {
    if (!(e instanceof Refused)) throw e;
    call.info(`refused ${JSON.stringify({ status: e.status, reason: e.reason, temporary: e.temporary() })}`);
  }
}
