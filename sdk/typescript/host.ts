/** The functions that a host lends to a call, as the engine of a plugin has them. Tests bring their own. */
export interface Host {
  log(level: number, line: string): void;
  /** milliseconds since 1970 */
  now(): number;
  /** milliseconds since 1970 */
  deadline(): number;
  /** undefined when that is too much at once */
  random(size: number): ArrayBuffer | undefined;
  /** asks a function of a capability, such as usher:kv/v1.get; gives a status and an answer in JSON */
  use(name: string, request: string): [status: number, answer: string];
}
