// Keeps entries for a plugin, those of each tenant apart. A plugin that imports this file asks for the capability kv in
// its manifest. What cannot be done is thrown as a Refused.

import type { Call } from "./call.ts";
import { Refused, Status } from "./failure.ts";
import { object } from "./wire.ts";
import { readKVValue } from "./wire_gen.ts";

/** Gives the value of a key; undefined when there is none, or not any more. */
export function get(call: Call, key: string): string | undefined {
  try {
    return readKVValue(object(call.use("usher:kv/v1.get", { key }))).value;
  } catch (e) {
    if (e instanceof Refused && e.status === Status.notFound) return undefined;
    throw e;
  }
}

/** Keeps a value for that many seconds, or as long as the host allows. It takes the place of the one before. */
export function put(call: Call, key: string, value: string, seconds = 0): void {
  call.use("usher:kv/v1.put", { key, value, ttl_s: seconds });
}

/** Forgets a key; one that is not there is fine. */
export function remove(call: Call, key: string): void {
  call.use("usher:kv/v1.delete", { key });
}
