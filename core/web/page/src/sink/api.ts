/** The operator's calls for the mail sink. */

import { operate } from '../shared/operate.ts';

export interface Message {
  id: string;
  to: string;
  from: string;
  subject: string;
  text: string;
  html: string;
  headers: Record<string, string[]>;
  links: string[];
  received_at: string;
}

export type Answer = { ok: true; messages: Message[] } | { ok: false; status: number };

const path = '/admin/v1/sink/messages';

export async function list(token: string, to: string): Promise<Answer> {
  const query = new URLSearchParams({ limit: '100', ...(to && { to }) });
  try {
    const response = await operate('GET', `${path}?${query}`, token);
    if (!response.ok) return { ok: false, status: response.status };
    const body: { data: Message[] | null } = await response.json();
    return { ok: true, messages: body.data ?? [] };
  } catch {
    return { ok: false, status: 0 };
  }
}

/** Empties the sink; gives the status, 0 when no answer came. */
export async function empty(token: string): Promise<number> {
  return operate('DELETE', path, token).then(
    (response) => response.status,
    () => 0,
  );
}
