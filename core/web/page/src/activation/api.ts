/** The two calls of the activation page; see the HTTP API for their contract. */

import type { Brand } from './brand.ts';

export type Purpose = 'owner_verification' | 'invitation' | 'password_reset' | 'sign_in';

/** What the host tells about a link, without spending it. */
export interface Link {
  purpose: Purpose;
  tenant: { id: string; name: string; slug: string };
  branding?: Brand;
  email_hint: string;
  account_exists: boolean;
  password_required: boolean;
  fields?: string[];
  expires_at: string;
}

export interface Answers {
  password?: string;
  profile?: { display_name?: string; locale?: string };
}

/** What the page needs of a success. The session in the answer is dropped with it: the product starts its own. */
export interface Activated {
  user?: { display_name?: string };
  tenant?: { name?: string };
  redirect_url?: string;
}

export interface FieldError {
  field: string;
  code: string;
  message: string;
}

/** RFC 9457, or what can be said when the answer was something else. Status 0: no answer came. */
export interface Problem {
  status: number;
  code: string;
  detail: string;
  trace_id: string;
  errors: FieldError[];
  /** Seconds after which trying again makes sense; 0 when unknown. */
  retryAfter: number;
}

export type Answer<T> = { ok: true; value: T } | { ok: false; problem: Problem };

const patience = 20_000; // milliseconds

/** byPerson tells the host that somebody acted on the page; its answer is the same. */
export function inspect(token: string, byPerson = false): Promise<Answer<Link>> {
  return post('/v1/activations/inspect', byPerson ? { token, by_person: true } : { token });
}

/** Spends the token. A repetition under the same key gets the first answer again, should that have been lost. */
export function activate(token: string, answers: Answers, key: string): Promise<Answer<Activated>> {
  return post('/v1/activations', { token, ...answers }, { 'idempotency-key': key });
}

async function post<T>(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer<T>> {
  try {
    const response = await fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json, application/problem+json', ...headers },
      body: JSON.stringify(body),
      cache: 'no-store',
      redirect: 'error',
      referrerPolicy: 'no-referrer',
      signal: AbortSignal.timeout(patience),
    });
    if (response.ok) return { ok: true, value: await response.json() };
    return { ok: false, problem: await problemOf(response) };
  } catch {
    return { ok: false, problem: problem({}) };
  }
}

async function problemOf(response: Response): Promise<Problem> {
  const said: Partial<Problem> = (await response.json().catch(() => null)) ?? {};
  const seconds = Number(response.headers.get('retry-after') ?? 0);
  return problem({ ...said, status: response.status, retryAfter: seconds > 0 ? seconds : 0 });
}

/** Makes a problem whole, whatever was missing or null in it. */
function problem(known: Partial<Problem>): Problem {
  return {
    status: known.status ?? 0,
    code: known.code ?? '',
    detail: known.detail ?? '',
    trace_id: known.trace_id ?? '',
    errors: known.errors ?? [],
    retryAfter: known.retryAfter ?? 0,
  };
}
