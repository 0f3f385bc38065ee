// The SDK for plugins of Usher in TypeScript and JavaScript. What reaches beyond a call is a capability with a file of
// its own, which a plugin imports only when it asks for it: http, kv, secret, telemetry.

export type * from "./contract_gen.ts";
export type { Config } from "./config.ts";
export { Call } from "./call.ts";
export { html, url } from "./escape.ts";
export { Failure, Refused, Status } from "./failure.ts";
export { serve, type Answer, type Handler, type Handlers, type Plugin } from "./plugin.ts";
export { accept, change, deny, type Verdict } from "./verdict.ts";
