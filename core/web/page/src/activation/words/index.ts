import { de } from './de.ts';
import { en } from './en.ts';
import { es } from './es.ts';
import { fr } from './fr.ts';
import { ja } from './ja.ts';

/** Every text of the page; English is the measure of what the others must have. */
export type Words = typeof en;
export type Language = keyof typeof languages;

export const languages = { en, de, es, fr, ja } satisfies Record<string, Words>;

/** The first language that a person asked for and that the page speaks, or else English. */
export function pick(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const base = tag.toLowerCase().split('-')[0]!;
    if (base in languages) return base as Language;
  }
  return 'en';
}

/** Puts values into the {places} of a text. */
export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (place, key: string) => String(values[key] ?? place));
}
