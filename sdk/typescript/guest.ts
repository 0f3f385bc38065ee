// Connects a plugin with the engine that runs it. The builder imports this file before plugin.ts and calls start.

import { Failure } from "./failure.ts";
import type { Host } from "./host.ts";
import { ask, type Output, type Plugin } from "./plugin.ts";
import { object } from "./wire.ts";

/** What the engine lends a script. */
interface Engine extends Host {
  /**
   * Says who answers. The engine calls answer(hook, envelope), and when that gives undefined, answer(hook) after all
   * promises have settled; what they throw is put into words by explain.
   */
  serve(answer: (hook: string, envelope?: unknown) => Output | undefined, explain: (e: unknown) => string, facts: string): void;
  /** Where each line of the bundle comes from: see place. The builder sets it last. */
  lines?: string;
}

declare const usher: Engine;

let loading = true;

/** Tells whoever asks the time while the plugin is built that it would be the same in every call. */
function early(): void {
  if (loading) throw new TypeError("the time at the top of a file would be the same in every call: ask for it in a handler");
}

globalThis.Date = new Proxy(Date, {
  apply: (target, self, args: []) => (early(), Reflect.apply(target, self, args)),
  construct: (target, args: [], of) => (args.length > 0 || early(), Reflect.construct(target, args, of)),
  get: (target, name, of) => (name === "now" ? () => (early(), target.now()) : Reflect.get(target, name, of)),
});

/** Hands a plugin to the engine. */
export function start(plugin: Plugin | undefined): void {
  let promised: Output | undefined;
  let broken: { reason: unknown } | undefined;
  const answer = (hook: string, envelope?: unknown): Output | undefined => {
    loading = false;
    if (envelope === undefined) {
      if (broken !== undefined) throw broken.reason;
      if (promised === undefined) throw new TypeError(`the handler of ${hook} waits for a promise that nobody keeps`);
      return promised;
    }
    promised = broken = undefined;
    const output = ask(plugin as Plugin, usher, hook, object(envelope));
    if (!(output instanceof Promise)) return output;
    output.then((o) => (promised = o), (reason: unknown) => (broken = { reason }));
    return undefined;
  };
  usher.serve(answer, explain, JSON.stringify({ hooks: Object.keys(plugin?.handlers ?? {}), origin: plugin?.origin ?? "" }));
  // From here on the engine reads nothing more: see early.
}

/** Puts what was thrown into words: the message, and for a fault of the plugin its place in the source. */
function explain(e: unknown): string {
  if (e instanceof Failure) return e.message;
  if (!(e instanceof Error)) return `it threw ${typeof e === "string" ? e : JSON.stringify(e)}`;
  const name = e.name === "Error" ? "" : `${e.name}: `;
  const at = place(e.stack ?? "");
  return `${name}${e.message}${at === "" ? "" : ` (at ${at})`}`;
}

/** Finds the first line of a stack that is the plugin's own, and not the SDK's. */
function place(stack: string): string {
  const lines = (usher.lines ?? "").split("\n");
  let first = "";
  for (const [, line] of stack.matchAll(/plugin\.js:(\d+)/g)) {
    const at = original(Number(line), lines);
    if (at !== "" && !at.startsWith("usher-sdk/")) return at;
    first = first || at;
  }
  return first;
}

/**
 * Gives the place in the source of a line of the bundle. The lines are runs, "FROM FILE LINE": from that line of the bundle
 * on, each comes from the next line of the file. A first line names the files.
 */
function original(line: number, [files = "", ...runs]: string[]): string {
  let found = "";
  for (const run of runs) {
    const [from = 0, file = 0, begin = 0] = run.split(" ").map(Number);
    if (from > line) break;
    found = `${files.split("\t")[file]}:${begin + line - from}`;
  }
  return found;
}
