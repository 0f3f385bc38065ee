import { keepToken, keptToken } from './token.ts';

/** The operator token: from the address (#token=…), which is cleaned at once, or from this tab's session. */
export function takeToken(): string {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (given) {
    history.replaceState(null, '', location.pathname);
    keepToken(given);
  }
  return given ?? keptToken();
}
