import type { JSONValue } from "./contract_gen.ts";
import { flag, map, number, object, text, texts, type Wire } from "./wire.ts";

/** The operator's settings for this plugin. Their types are what the manifest's config_schema says. */
export class Config {
  readonly #raw: Wire;

  constructor(raw: unknown) {
    this.#raw = object(raw);
  }

  /** Gives any setting as it is; undefined when it is missing. */
  value(name: string): JSONValue | undefined {
    return this.#raw[name] as JSONValue | undefined;
  }

  /** Gives a string, or the fallback when it is missing. */
  text(name: string, fallback: string): string {
    return this.#read(name, text, fallback);
  }

  /** Gives a list of strings, or the fallback when it is missing. */
  texts(name: string, fallback: string[] = []): string[] {
    return this.#read(name, texts, fallback);
  }

  /** Gives an object whose members are strings, or the fallback when it is missing. */
  map(name: string, fallback: Record<string, string> = {}): Record<string, string> {
    return this.#read(name, map, fallback);
  }

  /** Gives a boolean, or the fallback when it is missing. */
  flag(name: string, fallback: boolean): boolean {
    return this.#read(name, flag, fallback);
  }

  /** Gives a number, or the fallback when it is missing. */
  number(name: string, fallback: number): number {
    return this.#read(name, number, fallback);
  }

  #read<T>(name: string, read: (v: unknown) => T, fallback: T): T {
    const v = this.#raw[name];
    return v === undefined ? fallback : read(v);
  }
}
