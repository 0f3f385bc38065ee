/** The operator's calls for releases of plugins. */

import { operate } from '../shared/operate.ts';

export interface Rollout {
  newest: number;
  serving: Release;
  preparing?: Release;
  back_to?: Release;
  replicas: Replica[];
}

export interface Release {
  number: number; // 0 is before the first
  kind?: 'activate' | 'canary' | 'shadow' | 'promote' | 'withdraw' | 'bind' | 'rollback';
  state?: 'preparing' | 'serving' | 'served' | 'failed' | 'overtaken';
  plugin?: string;
  restores: number;
  actor?: string;
  automatic: boolean;
  reason?: string;
  failure?: string;
  now?: boolean;
  created_at?: string;
  serving_at?: string;
  plugins: Released[];
  bindings?: unknown[];
}

export interface Released {
  name: string;
  digest: string; // empty while a first version is only tried
  version: string;
  candidate?: Candidate;
}

export interface Candidate {
  digest: string;
  version: string;
  percent: number;
  by: 'run' | 'tenant';
  shadow: boolean;
}

export interface Replica {
  id: string;
  name: string;
  live: boolean;
  seen_at: string;
  serving: number;
  since?: string;
  prepared: number;
  failed?: number;
  failure?: string;
  trouble?: string;
  swap?: Swap;
}

export interface Swap {
  release: number;
  read_us: number;
  prepare_us: number;
  flip_us: number;
}

export interface Version {
  digest: string;
  plugin: string;
  version: string;
  key_id: string;
  status: 'good' | 'quarantined' | 'revoked';
  status_reason?: string;
  status_by?: string;
  pushed_by: string;
  pushed_at: string;
}

/** What the operator asks for; `expect` is the newest release that the page has shown. */
export interface Rollback {
  to: number;
  reason: string;
  expect: number;
}

/** A status of 0 is no answer at all. */
export type Answer<T> = { ok: true; value: T } | { ok: false; status: number; says: string };

const root = '/admin/v1/plugins';

export const rollout = (token: string) => ask<Rollout>('GET', `${root}/rollout`, token);
export const releases = (token: string) => ask<{ data: Release[] }>('GET', `${root}/releases?limit=20`, token);
export const release = (token: string, number: number) => ask<unknown>('GET', `${root}/releases/${number}`, token);
export const versions = (token: string) => ask<{ data: Version[] }>('GET', `${root}/versions`, token);

export function rollBack(token: string, name: string, wanted: Rollback): Promise<Answer<Release>> {
  return ask('POST', `${root}/releases`, token, {
    body: JSON.stringify({ kind: 'rollback', ...wanted }),
    headers: { 'content-type': 'application/json', ...(name && { 'usher-operator': bytes(name) }) },
  });
}

async function ask<T>(method: string, url: string, token: string, more: RequestInit = {}): Promise<Answer<T>> {
  try {
    const response = await operate(method, url, token, more);
    if (response.ok) return { ok: true, value: await response.json() };
    return { ok: false, status: response.status, says: await problem(response) };
  } catch {
    return { ok: false, status: 0, says: 'The host does not answer.' };
  }
}

/** The words of a problem, those about fields included. */
async function problem(response: Response): Promise<string> {
  const body = await response.json().catch(() => ({}));
  const fields = ((body.errors ?? []) as { message: string }[]).map((each) => each.message);
  return [body.detail || body.title || `The host answered ${response.status}.`, ...fields].join(' ');
}

/** A header's value is bytes: those of the name in UTF-8. */
function bytes(name: string): string {
  return String.fromCharCode(...new TextEncoder().encode(name));
}
