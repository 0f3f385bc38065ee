// What generated code reads the host's JSON with. A value that is missing or null is the zero value of its type; one of
// another type is not the contract's, and the call fails.

import type { JSONValue } from "./contract_gen.ts";

/** An object as JSON.parse gives it. */
export type Wire = Record<string, unknown>;

function unreadable(want: string, v: unknown): TypeError {
  return new TypeError(`the envelope is not readable: want ${want}, got ${JSON.stringify(v)}`);
}

export function text(v: unknown): string {
  if (typeof v === "string") return v;
  if (v === undefined || v === null) return "";
  throw unreadable("a string", v);
}

export function number(v: unknown): number {
  if (typeof v === "number") return v;
  if (v === undefined || v === null) return 0;
  throw unreadable("a number", v);
}

export function flag(v: unknown): boolean {
  if (typeof v === "boolean") return v;
  if (v === undefined || v === null) return false;
  throw unreadable("a boolean", v);
}

export function json(v: unknown): JSONValue {
  return v === undefined ? null : (v as JSONValue);
}

export function object(v: unknown): Wire {
  if (typeof v === "object" && v !== null && !Array.isArray(v)) return v as Wire;
  if (v === undefined || v === null) return {};
  throw unreadable("an object", v);
}

/** Gives the object itself, so that no name of a member can do harm. */
export function map(v: unknown): Record<string, string> {
  const all = object(v);
  for (const name of Object.keys(all)) {
    if (typeof all[name] !== "string") all[name] = text(all[name]);
  }
  return all as Record<string, string>;
}

export function list<T>(v: unknown, read: (v: Wire) => T): T[] {
  if (v === undefined || v === null) return [];
  if (!Array.isArray(v)) throw unreadable("a list", v);
  return v.map((element) => read(object(element)));
}

export function texts(v: unknown): string[] {
  if (v === undefined || v === null) return [];
  if (!Array.isArray(v)) throw unreadable("a list", v);
  return v.map(text);
}
