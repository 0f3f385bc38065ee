import type { Answers } from './api.ts';

/** Gives one idempotency key for as long as the answers stay the same, so that pressing again is harmless. */
export function attempts(): (answers: Answers) => string {
  let last = '';
  let key = '';
  return (answers) => {
    const now = JSON.stringify(answers);
    if (now !== last) key = random();
    last = now;
    return key;
  };
}

/** 128 random bits; crypto.randomUUID is missing where a laptop serves plain HTTP. */
function random(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
