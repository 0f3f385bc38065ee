// Makes and checks HMACs under secrets that the operator gave, which a plugin never sees. A plugin that imports this file
// names its secrets in its manifest. A secret in a request is the business of http.

import type { Call } from "./call.ts";
import { object } from "./wire.ts";
import { readHMACResult } from "./wire_gen.ts";

/** Gives the HMAC-SHA-256 of a message, in hexadecimal. */
export function hmac(call: Call, secret: string, message: string): string {
  return readHMACResult(object(call.use("usher:secret/v1.hmac", { secret, message }))).hmac;
}

/** Tells whether an HMAC-SHA-256, in hexadecimal, is that of the message. The host compares in constant time. */
export function verify(call: Call, secret: string, message: string, mac: string): boolean {
  if (mac === "") return false; // an empty one would ask for the HMAC
  return readHMACResult(object(call.use("usher:secret/v1.hmac", { secret, message, expect: mac }))).equal;
}
