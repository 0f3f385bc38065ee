import type { FieldError, Link, Problem } from './api.ts';
import type { Questions } from './questions.ts';
import { strengthOf } from './strength.ts';
import { fill, type Words } from './words/index.ts';

export interface Values {
  name: string;
  password: string;
  confirmed: boolean;
}

/** One text for each input that has something wrong with it. */
export interface Wrong {
  display_name?: string;
  password?: string;
  confirm?: string;
}

const longestName = 200;

/** What can be told without asking the host. An empty form never leaves the page. */
export function check(questions: Questions, values: Values, words: Words): Wrong {
  const wrong: Wrong = {};
  const name = values.name.trim();
  if (questions.name && !name) wrong.display_name = words.missing.display_name;
  if (questions.name && name.length > longestName) wrong.display_name = words.too_long;
  if (questions.password === 'current' && !values.password) wrong.password = words.missing.password;
  if (questions.password === 'new' && !values.password) wrong.password = words.missing.new_password;
  if (questions.password.startsWith('new') && values.password) {
    const { missing } = strengthOf(values.password, []);
    if (missing > 0) wrong.password = fill(words.too_short, { n: missing });
  }
  if (questions.confirm && !values.confirmed) wrong.confirm = words.missing.confirm;
  return wrong;
}

/** What the host found wrong with the inputs that this form has; {} when it is nothing of the kind. */
export function wrongOf(problem: Problem, questions: Questions, words: Words): Wrong {
  const wrong: Wrong = {};
  if (problem.status === 401 && questions.password !== 'none') wrong.password = words.wrong_password;
  for (const error of problem.errors) {
    const field = error.field.split('.').at(-1);
    if (field === 'display_name' && questions.name) wrong.display_name ??= sayOf(error, words.missing.display_name, words);
    if (field === 'password' && questions.password !== 'none') wrong.password ??= sayOf(error, words.missing.password, words);
  }
  return wrong;
}

/** What a problem that belongs to no input means for the person. */
export function troubleText(problem: Problem, words: Words): string {
  if (problem.status === 0) return words.trouble.unreachable;
  if (problem.status === 429) return words.trouble.rate;
  if (problem.status >= 500) return words.trouble.server;
  return problem.errors[0]?.message || problem.detail || words.trouble.refused;
}

/** Whether the same answers, sent again, may be accepted. */
export function passing(problem: Problem): boolean {
  return problem.status === 0 || problem.status === 429 || problem.status >= 500;
}

/** Words that make a password easy to guess here. */
export function knownWords(link: Link, name: string): string[] {
  return ['password', 'usher', link.tenant.name, link.tenant.slug, link.email_hint, ...name.split(/\s+/)];
}

/** The page's own words for the plainest codes; for all others the host, or a plugin, knows better what to say. */
function sayOf(error: FieldError, required: string, words: Words): string {
  if (error.code === 'required') return required;
  if (error.code === 'too_long') return words.too_long;
  return error.message || words.not_accepted;
}
