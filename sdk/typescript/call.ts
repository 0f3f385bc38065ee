import { Config } from "./config.ts";
import type { Actor, Hook } from "./contract_gen.ts";
import { Refused, Status } from "./failure.ts";
import type { Host } from "./host.ts";
import { object, text, type Wire } from "./wire.ts";
import { readActor, readRefusal } from "./wire_gen.ts";

/** What a handler knows of the call that it answers. It is valid until the handler has answered. */
export class Call {
  /** names the call in the plugin log */
  readonly id: string;
  readonly hook: Hook;
  /** the signup or activation that the call belongs to */
  readonly runId: string;
  /** id, empty before there is one */
  readonly tenant: string;
  readonly actor: Actor;
  /** W3C trace context, empty when untraced */
  readonly traceparent: string;
  readonly config: Config;
  readonly #host: Host;

  constructor(host: Host, envelope: Wire) {
    this.#host = host;
    this.id = text(envelope.call_id);
    this.hook = text(envelope.hook) as Hook;
    this.runId = text(envelope.run_id);
    this.tenant = text(envelope.tenant);
    this.actor = readActor(object(envelope.actor));
    this.traceparent = text(envelope.traceparent);
    this.config = new Config(envelope.config);
  }

  /** Writes a line to the plugin log. */
  debug(line: string): void {
    this.#host.log(0, line);
  }

  /** Writes a line to the plugin log. */
  info(line: string): void {
    this.#host.log(1, line);
  }

  /** Writes a line to the plugin log. */
  warn(line: string): void {
    this.#host.log(2, line);
  }

  /** Writes a line to the plugin log. */
  error(line: string): void {
    this.#host.log(3, line);
  }

  /** The wall clock in milliseconds since 1970; it stands still during a call. Date shows the same. */
  now(): number {
    return this.#host.now();
  }

  /** When the host ends the call, in milliseconds since 1970. */
  deadline(): number {
    return this.#host.deadline();
  }

  /** Gives secure random bytes, at most 4096. Math.random is as good. */
  random(size: number): Uint8Array {
    const bytes = this.#host.random(size);
    if (bytes === undefined) throw new RangeError(`${size} random bytes are more than 4096`);
    return new Uint8Array(bytes);
  }

  /** Asks a capability. The files http, kv, secret and telemetry do. */
  use(name: string, request: object): unknown {
    const [status, answer] = this.#host.use(name, JSON.stringify(request));
    if (status === 0) return answer === "" ? {} : JSON.parse(answer);
    const why = readRefusal(answer === "" ? {} : object(JSON.parse(answer)));
    throw new Refused(name, status, why.reason || (status === Status.denied ? "not_granted" : "refused"), why.detail);
  }
}
