/** Calls of the operators' listener. */

const patience = 10_000; // milliseconds

/** Sends one call with the operator token. */
export function operate(method: string, url: string, token: string, more: RequestInit = {}): Promise<Response> {
  return fetch(url, {
    ...more,
    method,
    headers: { authorization: `Bearer ${token}`, accept: 'application/json', ...more.headers },
    cache: 'no-store',
    redirect: 'error',
    signal: AbortSignal.timeout(patience),
  });
}
