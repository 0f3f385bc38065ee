/** The shortest password that may stand alone, in code points (NIST SP 800-63B-4). */
export const shortest = 15;

export interface Strength {
  missing: number;
  /** A guess that helps while typing. The host decides. */
  level: 'short' | 'guessable' | 'enough' | 'strong';
  /** 0 to 1, for the bar. */
  share: number;
}

export function strengthOf(password: string, known: string[]): Strength {
  const points = [...password];
  const missing = Math.max(0, shortest - points.length);
  const share = Math.min(1, points.length / shortest);
  if (missing > 0) return { missing, level: 'short', share };
  if (guessable(password, known)) return { missing, level: 'guessable', share };
  return { missing, level: points.length >= 20 ? 'strong' : 'enough', share };
}

/** Whether little is left once known words and repetitions are taken away. */
function guessable(password: string, known: string[]): boolean {
  let rest = password.toLowerCase();
  for (const word of known) {
    if (word.length > 2) rest = rest.replaceAll(word.toLowerCase(), '');
  }
  return new Set(rest).size < 7;
}
