import type { Candidate, Release, Released, Swap } from './api.ts';

/** What a release did, in words for a person. */
export function did(release: Release): string {
  const own = release.plugins.find((each) => each.name === release.plugin);
  const candidate = own?.candidate;
  const name = release.plugin ?? '';
  switch (release.kind) {
    case 'rollback':
      if (release.automatic && name) return `Candidate of ${name} taken back`;
      return release.restores === 0 ? 'Back to before the first release' : `Back to release ${release.restores}`;
    case 'bind':
      return 'Other bindings';
    case 'withdraw':
      return own ? `Candidate of ${name} withdrawn` : `${name} withdrawn`;
    case 'canary':
    case 'shadow':
      return candidate ? `${name} ${tried(candidate)}` : name;
    case 'promote':
      return own ? `${name} ${label(own)} promoted` : name;
    default:
      return own ? `${name} ${label(own)} activated` : name;
  }
}

export function tried(candidate: Candidate): string {
  return `${label(candidate)} ${share(candidate)}`;
}

export function share(candidate: Candidate): string {
  if (candidate.shadow) return 'as a shadow';
  return `for ${percent(candidate.percent)} of ${candidate.by === 'tenant' ? 'tenants' : 'runs'}`;
}

/** A version by its name, or by its digest when the registry has no name for it. */
export function label(version: { version: string; digest: string }): string {
  return version.version || short(version.digest);
}

export const short = (digest: string) => digest.slice(0, 12);

/** What a plugin would be, after going from one release to another: a line for each that changes. */
export function changes(from: Release, to: Release): string[] {
  const names = [...new Set([...from.plugins, ...to.plugins].map((each) => each.name))].sort();
  const lines = names.flatMap((name) => change(name, find(from, name), find(to, name)));
  if (JSON.stringify(from.bindings ?? null) !== JSON.stringify(to.bindings ?? null)) {
    lines.push(to.bindings ? 'the bindings as they were' : 'the bindings as the configuration has them');
  }
  return lines;
}

const find = (release: Release, name: string) => release.plugins.find((each) => each.name === name);

function change(name: string, from: Released | undefined, to: Released | undefined): string[] {
  if (!to) return [`${name} as the configuration has it`];
  const [before, after] = [from?.candidate, to.candidate];
  const same = from?.digest === to.digest;
  if (same && JSON.stringify(before) === JSON.stringify(after)) return [];
  const version = to.digest ? `${name} ${label(to)}` : name;
  if (after) return [`${version}, with ${tried(after)}`];
  return [before && same ? `${version}, without the candidate ${label(before)}` : version];
}

/** What the target is called on the button. */
export function place(to: { number: number }): string {
  return to.number === 0 ? 'before the first release' : `release ${to.number}`;
}

/** With a space that no line breaks at. */
export const percent = (n: number) => `${number.format(n)}\u00a0%`;

/** The versions of a release. */
export function contents(release: Release): string {
  return release.plugins.map((each) => [each.name, each.digest && label(each), each.candidate && `with ${tried(each.candidate)}`].filter(Boolean).join(' ')).join(', ');
}

/** What the button says: after a rollback it leads further back. */
export function way(from: Release, to: Release): string {
  return from.kind === 'rollback' ? `Roll back further, to ${place(to)}` : `Roll back to ${place(to)}`;
}

export const count = (n: number, one: string, many = one + 's') => `${number.format(n)} ${n === 1 ? one : many}`;

/** How long a replica took from hearing of a release that was to serve at once until new calls saw it. */
export const took = (swap: Swap) => span(swap.read_us + swap.prepare_us + swap.flip_us);

/** A time in microseconds, to three digits. */
export function span(us: number): string {
  if (us < 1000) return `${number.format(us)}\u00a0µs`;
  if (us < 1_000_000) return `${digits.format(us / 1000)}\u00a0ms`;
  return `${digits.format(us / 1_000_000)}\u00a0s`;
}

/** How long ago, in one unit. */
export function ago(instant: string | undefined, now: number): string {
  const seconds = instant ? Math.max(0, Math.round((now - Date.parse(instant)) / 1000)) : 0;
  if (!instant) return '';
  if (seconds < 5) return 'just now';
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return count(Math.floor(seconds / 86_400), 'day') + ' ago';
}

export const number = new Intl.NumberFormat('en', { maximumFractionDigits: 2 });
const digits = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });
const day = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const second = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
const exact = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3, hourCycle: 'h23' });

export const onDay = (instant: string | undefined) => (instant ? day.format(new Date(instant)) : '');
export const atSecond = (instant: string | number) => second.format(new Date(instant));
export const exactly = (instant: string) => exact.format(new Date(instant));
