/**
 * Says that there is no answer, in words for the operator: they reach the plugin log as they are. Any other exception
 * is a fault of the plugin, and its line of the source is told beside its message.
 */
export class Failure extends Error {
  constructor(message: string) {
    super(message);
    this.name = "Failure";
  }
}

/** The statuses of a capability that did not do what was asked. */
export const Status = { invalid: 1, denied: 2, failed: 3, over: 4, notFound: 5 } as const;

/** A capability did not do what was asked. */
export class Refused extends Failure {
  /** such as usher:http/v1.fetch */
  readonly capability: string;
  /** one of Status */
  readonly status: number;
  /** stable, snake_case */
  readonly reason: string;
  readonly detail: string;

  constructor(capability: string, status: number, reason: string, detail = "") {
    super(`${capability}: ${reason}${detail === "" ? "" : `: ${detail}`}`);
    this.name = "Refused";
    this.capability = capability;
    this.status = status;
    this.reason = reason;
    this.detail = detail;
  }

  /** Tells whether the same may work later: it was tried and failed, or a limit was in the way. */
  temporary(): boolean {
    return this.status === Status.failed || this.status === Status.over;
  }
}
