import { Call } from "./call.ts";
import type { Answers, Hook, Questions } from "./contract_gen.ts";
import type { Host } from "./host.ts";
import type { Verdict } from "./verdict.ts";
import { object, type Wire } from "./wire.ts";
import { questions } from "./wire_gen.ts";

/** The hooks that ask for a verdict; the others are answered with what they ask for. */
export type Judging = "signup.validate" | "invitation.validate" | "activation.validate" | "password.check" | "message.status";

/** What the handler of a hook gives. */
export type Answer<H extends Hook> = H extends Judging ? Verdict<Answers[H]> : Answers[H];

/** Answers a hook. What it throws says that there is no answer: a Failure for the operator, anything else is a fault. */
export type Handler<H extends Hook> = (call: Call, question: Questions[H]) => Answer<H> | Promise<Answer<H>>;

/** A handler for each hook that a plugin serves. */
export type Handlers = { [H in Hook]?: Handler<H> };

/** What crosses the border. */
export interface Output {
  outcome: "continue" | "deny";
  data?: unknown;
  errors?: unknown;
}

/** A plugin, which is what plugin.ts exports by default. */
export interface Plugin {
  readonly handlers: Handlers;
  /** Where serve was called, for messages. */
  readonly origin: string;
}

/** Makes a plugin of its handlers. The manifest names the same hooks. */
export function serve(handlers: Handlers): Plugin {
  return { handlers, origin: new Error().stack ?? "" };
}

const judging: Record<Judging, true> = {
  "signup.validate": true,
  "invitation.validate": true,
  "activation.validate": true,
  "password.check": true,
  "message.status": true,
};

/** Asks a plugin what an envelope asks. */
export function ask(plugin: Plugin, host: Host, hook: string, envelope: Wire): Output | Promise<Output> {
  const call = new Call(host, envelope);
  if (call.hook !== hook) throw new TypeError(`the plugin of ${hook} was asked ${call.hook}`);
  const handle = plugin.handlers[call.hook] as Handler<Hook> | undefined;
  if (handle === undefined) throw new TypeError(`plugin.ts serves no ${hook}`);
  const answer = handle(call, questions[call.hook](object(envelope.data)) as never);
  return answer instanceof Promise ? answer.then((a) => output(call.hook, a)) : output(call.hook, answer);
}

function output(hook: Hook, answer: unknown): Output {
  if (typeof answer !== "object" || answer === null) {
    throw new TypeError(`the handler of ${hook} gave ${String(answer)} and no answer`);
  }
  return hook in judging ? (answer as Output) : { outcome: "continue", data: answer };
}
