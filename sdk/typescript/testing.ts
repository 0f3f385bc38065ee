// Calls a plugin's handler in a plain test of Node, through the same JSON that crosses the border of a real guest, and plays the
// capabilities from memory. What a built module does in the real runtime is tested by its fixtures: usher plugin test.

import { createHmac } from "node:crypto";
import { isDeepStrictEqual } from "node:util";

import type { Hook, HTTPRequest, HTTPResponse, Metric, Questions, Span } from "./contract_gen.ts";
import { Failure } from "./failure.ts";
import type { Host } from "./host.ts";
import { ask as askPlugin, serve, type Answer, type Handler, type Handlers, type Judging } from "./plugin.ts";

/** A value of which members may be missing, at any depth. */
export type Part<T> = T extends (infer E)[] ? Part<E>[] : T extends object ? { [K in keyof T]?: Part<T[K]> } : T;

/** An exchange that stands in for the network. Of the request only what is there is compared; bodies as JSON where they are. */
export interface Exchange {
  request: Partial<HTTPRequest>;
  response?: Partial<HTTPResponse>;
  /** In place of a response the reason for which there is none, such as unreachable. */
  refused?: string;
}

/** What surrounds a call. */
export interface Setting {
  config?: Record<string, unknown>;
  /** id */
  tenant?: string;
  /** milliseconds since 1970 */
  now?: number;
  /** In their order. A request that is not the expected one, or does not come, fails the test. */
  http?: Exchange[];
  /** The entries that there are. */
  kv?: Record<string, string>;
  /** The reason for which the store refuses: what is put for quota_exceeded, anything for unavailable. */
  kvRefused?: "unavailable" | "quota_exceeded";
  /** The values of secrets by name. */
  secrets?: Record<string, string>;
}

/** What a handler did in one call. */
export interface Result<H extends Hook> {
  /** "continue" for a hook that asks for no verdict; undefined when the call failed */
  outcome?: "continue" | "deny";
  /** the patch, or the answer of a hook that asks for no verdict */
  data?: H extends Judging ? NonNullable<(Answer<H> & { data?: unknown })["data"]> : Answer<H>;
  errors: { field: string; code: string; message: string }[];
  /** what it threw, in words */
  failure?: string;
  lines: string[];
  kv: Record<string, string>;
  metrics: Metric[];
  spans: Span[];
}

/** Asks the handler of a hook. What of the question is left out is zero. */
export async function ask<H extends Hook>(hook: H, handler: Handler<H>, setting: Setting, question: Part<Questions[H]>): Promise<Result<H>> {
  const stage = new Stage(setting);
  const envelope = JSON.stringify({
    abi: "usher/v1", hook, call_id: "test", run_id: "test", tenant: setting.tenant ?? "", actor: { kind: "anonymous" },
    traceparent: "", config: setting.config ?? {}, data: question,
  });
  const result: Result<H> = { errors: [], lines: stage.lines, kv: stage.kv, metrics: stage.metrics, spans: stage.spans };
  try {
    const output = await askPlugin(serve({ [hook]: handler } as Handlers), stage, hook, JSON.parse(envelope));
    Object.assign(result, JSON.parse(JSON.stringify(output)));
  } catch (e) {
    if (!(e instanceof Failure)) throw e;
    result.failure = e.message;
  }
  stage.end();
  return result;
}

/** Plays the host of one call. */
class Stage implements Host {
  readonly lines: string[] = [];
  readonly metrics: Metric[] = [];
  readonly spans: Span[] = [];
  readonly kv: Record<string, string>;
  readonly #setting: Setting;
  readonly #left: Exchange[];
  readonly #wrong: string[] = [];

  constructor(setting: Setting) {
    this.#setting = setting;
    this.#left = [...(setting.http ?? [])];
    this.kv = { ...setting.kv };
  }

  log(_: number, line: string): void {
    this.lines.push(line);
  }

  now(): number {
    return this.#setting.now ?? 0;
  }

  deadline(): number {
    return this.now() + 100;
  }

  /** Gives bytes that are anything but random. */
  random(size: number): ArrayBuffer | undefined {
    return size > 4096 ? undefined : Uint8Array.from({ length: size }, (_v, i) => i).buffer;
  }

  use(name: string, request: string): [number, string] {
    const [status, answer] = this.#serve(name, JSON.parse(request));
    return [status, answer === undefined ? "" : JSON.stringify(answer)];
  }

  /** Throws what was not as the setting says. */
  end(): void {
    for (const { request } of this.#left) this.#wrong.push(`want ${request.method} ${request.url}, got no request`);
    if (this.#wrong.length > 0) throw new Error(this.#wrong.join("\n"));
  }

  #serve(name: string, request: any): [number, unknown?] {
    const trouble = this.#setting.kvRefused;
    if (trouble === "unavailable" && name.startsWith("usher:kv/")) return refused(3, trouble);
    if (trouble === "quota_exceeded" && name === "usher:kv/v1.put") return refused(4, trouble);
    switch (name) {
      case "usher:http/v1.fetch":
        return this.#fetch(request);
      case "usher:kv/v1.get":
        if (!Object.prototype.hasOwnProperty.call(this.kv, request.key)) return refused(5, "not_found");
        return [0, { value: this.kv[request.key], expires_at: new Date(this.now() + 365 * 86_400_000).toISOString() }];
      case "usher:kv/v1.put":
        this.kv[request.key] = request.value;
        return [0];
      case "usher:kv/v1.delete":
        delete this.kv[request.key];
        return [0];
      case "usher:secret/v1.hmac":
        return this.#hmac(request);
      case "usher:telemetry/v1.metric":
        this.metrics.push(request);
        return [0];
      case "usher:telemetry/v1.span_start":
        this.spans.push(request);
        return [0];
      case "usher:telemetry/v1.span_end":
        return [0];
    }
    return notGranted;
  }

  #fetch(got: HTTPRequest): [number, unknown] {
    if (got.auth !== undefined && this.#setting.secrets?.[got.auth.secret] === undefined) return notGranted;
    const next = this.#left.shift();
    if (next === undefined) {
      this.#wrong.push(`want no request, got ${got.method} ${got.url}`);
      return refused(3, "broken_exchange");
    }
    const problems = differences(next.request, got);
    this.#wrong.push(...problems);
    if (problems.length > 0) return refused(3, "broken_exchange");
    if (next.refused !== undefined) return refused(3, next.refused);
    return [0, { status: 200, headers: {}, body: "", ...next.response }];
  }

  #hmac(request: { secret: string; message: string; expect?: string }): [number, unknown] {
    const secret = this.#setting.secrets?.[request.secret];
    if (secret === undefined) return notGranted;
    const hmac = createHmac("sha256", secret).update(request.message).digest("hex");
    return [0, request.expect === undefined ? { hmac, equal: false } : { equal: request.expect.toLowerCase() === hmac }];
  }
}

const notGranted = refused(2, "not_granted");

function refused(status: number, reason: string): [number, unknown] {
  return [status, { reason, detail: "" }];
}

/** Lists where a request is not the wanted one. */
function differences(want: Partial<HTTPRequest>, got: HTTPRequest): string[] {
  const lines: string[] = [];
  const compare = (what: string, w: unknown, g: unknown) => {
    if (w !== undefined && !isDeepStrictEqual(w, g)) lines.push(`${what}: want ${JSON.stringify(w)}, got ${JSON.stringify(g)}`);
  };
  compare("method", want.method, got.method);
  compare("url", want.url, got.url);
  compare("auth", want.auth, got.auth);
  compare("body", want.body && parsed(want.body), got.body && parsed(got.body));
  const headers = Object.entries(got.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value] as const);
  for (const [name, value] of Object.entries(want.headers ?? {})) {
    compare(`header ${name}`, value, headers.find(([n]) => n === name.toLowerCase())?.[1]);
  }
  return lines;
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}
