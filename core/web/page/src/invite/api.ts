/** The calls of the page that invites a list. The tokens of the session stay in this module's memory: nothing stores them. */

export interface Problem {
  line: number;
  field?: string;
  code: string;
  message: string;
}

export interface Counts {
  rows: number;
  pending: number;
  invited: number;
  duplicate: number;
  denied: number;
  failed: number;
}

export interface Report {
  id?: string;
  dry_run: boolean;
  counts: Counts;
  errors: Problem[];
  errors_total: number;
  duplicates: Problem[];
}

export interface Bulk {
  id: string;
  status: 'queued' | 'running' | 'paused' | 'done' | 'cancelled';
  reason?: string;
  counts: Counts;
}

export interface Tenant {
  id: string;
  name: string;
}

export type Answer<T> = { ok: true; value: T } | { ok: false; status: number; detail: string };

const patience = 40_000; // milliseconds: a long list takes its time to arrive

let access = '';
let refresh = '';

interface Tokens {
  access_token: string;
  refresh_token: string;
}

function keep(answer: Answer<Tokens>): Answer<Tokens> {
  if (answer.ok) {
    access = answer.value.access_token;
    refresh = answer.value.refresh_token;
  }
  return answer;
}

/** Signs in and tells in which tenants this person may invite. */
export async function signIn(email: string, password: string): Promise<Answer<Tenant[]>> {
  const session = keep(await json<Tokens>('POST', '/v1/sessions', { email, password }));
  if (!session.ok) return session;
  const me = await json<{ memberships: { tenant: Tenant; role: string }[] }>('GET', '/v1/me');
  if (!me.ok) return me;
  return { ok: true, value: me.value.memberships.filter((m) => m.role !== 'member').map((m) => m.tenant) };
}

/** An access token speaks for one tenant. */
export async function enter(tenant: string): Promise<Answer<unknown>> {
  return keep(await json<Tokens>('POST', '/v1/sessions/tenant', { tenant_id: tenant }));
}

export async function signOut() {
  await json('DELETE', '/v1/sessions/current');
  access = refresh = '';
}

const lists = (tenant: string) => `/v1/tenants/${tenant}/invitations/bulk`;

export function send(tenant: string, csv: string, options: { role: string; dryRun: boolean; key: string }): Promise<Answer<Report>> {
  const query = new URLSearchParams({ role: options.role, dry_run: String(options.dryRun) });
  return json('POST', `${lists(tenant)}?${query}`, csv, { 'content-type': 'text/csv; charset=utf-8', 'idempotency-key': options.key });
}

export function progress(tenant: string, id: string): Promise<Answer<Bulk>> {
  return json('GET', `${lists(tenant)}/${id}`);
}

export function steer(tenant: string, id: string, action: 'pause' | 'resume' | 'cancel' | 'retry'): Promise<Answer<Bulk>> {
  return json('POST', `${lists(tenant)}/${id}/${action}`);
}

export async function failedRows(tenant: string, id: string): Promise<Blob | null> {
  const response = await call('GET', `${lists(tenant)}/${id}/failed`).catch(() => null);
  return response?.ok ? response.blob() : null;
}

async function json<T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer<T>> {
  try {
    let response = await call(method, path, body, headers);
    if (response.status === 401 && refresh && path !== '/v1/sessions') {
      const spent = refresh;
      refresh = '';
      const renewed = await call('POST', '/v1/sessions/refresh', { refresh_token: spent });
      if (renewed.ok) {
        keep({ ok: true, value: await renewed.json() });
        response = await call(method, path, body, headers);
      }
    }
    const said = response.status === 204 ? null : await response.json();
    if (response.ok) return { ok: true, value: said };
    const fields: { message: string }[] = said.errors ?? [];
    return { ok: false, status: response.status, detail: fields[0]?.message ?? said.detail ?? said.title ?? '' };
  } catch {
    return { ok: false, status: 0, detail: 'The host did not answer. Try again.' };
  }
}

function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
  const all: Record<string, string> = { accept: 'application/json, application/problem+json', ...headers };
  if (access) all.authorization = `Bearer ${access}`;
  if (body !== undefined && !all['content-type']) all['content-type'] = 'application/json';
  return fetch(path, {
    method,
    headers: all,
    body: typeof body === 'string' ? body : body === undefined ? undefined : JSON.stringify(body),
    cache: 'no-store',
    redirect: 'error',
    referrerPolicy: 'no-referrer',
    signal: AbortSignal.timeout(patience),
  });
}
