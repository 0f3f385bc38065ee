/** The operator's call for letters that nobody gets. */

import { operate } from '../shared/operate.ts';

export interface Letter {
  kind: string;
  language: string;
  by: string;
  subject: string;
  html: string;
  text: string;
  kinds: string[];
  locales: string[];
}

export interface Wanted {
  kind: string;
  locale: string;
  tenant: string;
  theme: string;
}

export type Answer = { ok: true; letter: Letter } | { ok: false; status: number; detail: string };

export async function preview(token: string, wanted: Wanted): Promise<Answer> {
  const query = new URLSearchParams(Object.entries(wanted).filter(([, value]) => value !== ''));
  try {
    const response = await operate('GET', `/admin/v1/mail/preview?${query}`, token);
    const body = await response.json();
    if (!response.ok) return { ok: false, status: response.status, detail: body.detail ?? '' };
    return { ok: true, letter: body };
  } catch {
    return { ok: false, status: 0, detail: '' };
  }
}
