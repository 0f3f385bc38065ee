// Speaks to the origins that the operator granted, at the hooks that may call out. A plugin that imports this file asks
// for the capability http in its manifest.

import type { Call } from "./call.ts";
import type { HTTPRequest, HTTPResponse } from "./contract_gen.ts";
import { object } from "./wire.ts";
import { readHTTPResponse } from "./wire_gen.ts";

export type { HTTPAuth, HTTPRequest, HTTPResponse } from "./contract_gen.ts";

/** Makes one exchange; any status of the other side is an answer. It throws a Refused when there was none. */
export function fetch(call: Call, request: HTTPRequest): HTTPResponse {
  return readHTTPResponse(object(call.use("usher:http/v1.fetch", request)));
}
