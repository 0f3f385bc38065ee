/** What the host tells of candidates. A host that does not tell it, or tells less, is read as far as it goes. */

export interface Trial {
  plugin: string;
  digest: string;
  hooks: { hook: string; candidate: Tally; serving: Tally }[];
  verdict: string;
  evidence: string;
}

export interface Tally {
  runs: number;
  failed: number;
  denied: number;
  p50: number; // microseconds
  p99: number;
}

export interface Shadow {
  plugin: string;
  digest: string;
  calls: number;
  agreed: number;
  differed: number;
  notComparable: number;
  dropped: number;
}

type Fields = Record<string, unknown>;

export function trialsOf(rollout: unknown): Trial[] {
  return list(rollout, 'trials').map((each) => ({
    plugin: text(each.plugin),
    digest: text(each.digest),
    hooks: list(each, 'hooks').map((hook) => ({
      hook: text(hook.hook),
      candidate: tally(hook.candidate),
      serving: tally(hook.serving),
    })),
    verdict: text(each.verdict),
    evidence: text(each.evidence),
  }));
}

export function shadowsOf(rollout: unknown): Shadow[] {
  return list(rollout, 'shadows').map((each) => ({
    plugin: text(each.plugin),
    digest: text(each.digest),
    calls: count(each.calls),
    agreed: count(each.agreed),
    differed: count(each.differed),
    notComparable: Object.values(fields(each.not_comparable)).map(count).reduce((sum, n) => sum + n, 0), // by why
    dropped: count(each.dropped),
  }));
}

/** What a release that was made by itself was made for; empty when nothing is told. */
export function evidenceOf(release: unknown): string {
  return text(fields(release).evidence);
}

function tally(value: unknown): Tally {
  const of = fields(value);
  return {
    runs: count(of.runs),
    failed: count(of.failed),
    denied: count(of.denied),
    p50: count(of.p50_us),
    p99: count(of.p99_us),
  };
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function list(value: unknown, name: string): Fields[] {
  const found = fields(value)[name];
  return Array.isArray(found) ? found.map(fields) : [];
}

function count(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}

/** Evidence may be a text, a value that has one for people, or another value. */
function text(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  const own = fields(value).text;
  return typeof own === 'string' ? own : JSON.stringify(value, null, 2);
}
