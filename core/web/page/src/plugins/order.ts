import type { Release, Rollout, Version } from './api.ts';
import { ago, atSecond, count, label } from './words.ts';

export type Level = 'good' | 'busy' | 'bad';

/** Something that whoever is on call should know. */
export interface Point {
  level: Level;
  text: string;
  why?: string;
}

const patience = 10_000; // milliseconds in which a replica may be behind

/** Everything that is not as it should be; nothing when all is in order. */
export function points(at: Rollout, releases: Release[], versions: Version[], now: number): Point[] {
  return [...byItself(at), ...behind(at, now), ...amiss(at), ...preparing(at), ...failed(at, releases), ...barred(at, versions), ...gone(at, now)];
}

export function worst(points: Point[]): Level {
  if (points.some((each) => each.level === 'bad')) return 'bad';
  return points.length ? 'busy' : 'good';
}

function byItself({ serving }: Rollout): Point[] {
  if (!serving.automatic || serving.kind !== 'rollback') return [];
  return [{ level: 'bad', text: 'The guardrail rolled back by itself.', why: serving.reason }];
}

function behind(at: Rollout, now: number): Point[] {
  const live = at.replicas.filter((each) => each.live);
  if (live.length === 0) return [{ level: 'bad', text: 'No replica is alive.' }];
  const late = live.filter((each) => each.serving !== at.serving.number);
  if (late.length === 0) return [];
  const long = now - Date.parse(at.serving.serving_at ?? '') > patience;
  const why = late.filter((each) => each.failed === at.serving.number).map((each) => `${each.name}: ${each.failure}`);
  const who = late.map((each) => `${each.name} serves ${each.serving === 0 ? 'no release' : `release ${each.serving}`}`).join(', ');
  const text = `${late.length} of ${count(live.length, 'replica')} ${late.length === 1 ? 'is' : 'are'} behind: ${who}.`;
  return [{ level: long || why.length ? 'bad' : 'busy', text, why: why.join('\n') }];
}

/** Replicas that serve their release, but not all of it. */
function amiss({ replicas }: Rollout): Point[] {
  return replicas
    .filter((each) => each.live && each.trouble)
    .map((each) => ({ level: 'bad', text: `${each.name} does not serve all that its release says.`, why: each.trouble }));
}

function preparing({ preparing: next, replicas }: Rollout): Point[] {
  if (!next) return [];
  const live = replicas.filter((each) => each.live);
  const ready = live.filter((each) => each.prepared >= next.number).length;
  const text = `Release ${next.number} is being prepared: ${ready} of ${count(live.length, 'replica')} ready.`;
  const why = next.now ? 'It serves when the first is ready.' : `usher plugin serve ${next.number} has it serve without the others.`;
  return [{ level: 'busy', text, why }];
}

/** The newest release, when it is one that never came to serve. */
function failed(at: Rollout, releases: Release[]): Point[] {
  const last = releases[0];
  if (last?.state !== 'failed' || last.number !== at.newest) return [];
  return [{ level: 'bad', text: `Release ${last.number} failed and never served.`, why: last.failure }];
}

function barred(at: Rollout, versions: Version[]): Point[] {
  return at.serving.plugins.flatMap((plugin) =>
    [plugin, plugin.candidate].flatMap((part) => {
      const known = part && versions.find((each) => each.digest === part.digest && each.status !== 'good');
      return known
        ? [{ level: 'bad' as const, text: `${plugin.name} ${label(known)} is ${known.status}: it is asked by nobody.`, why: known.status_reason }]
        : [];
    }),
  );
}

/** Replicas that ended without a word, for as long as that may be news. */
function gone(at: Rollout, now: number): Point[] {
  return at.replicas
    .filter((each) => !each.live && now - Date.parse(each.seen_at) < 15 * 60_000)
    .map((each) => ({ level: 'busy', text: `${each.name} was not heard of since ${atSecond(each.seen_at)}, ${ago(each.seen_at, now)}.` }));
}
