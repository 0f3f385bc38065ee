/** What stands in the address bar once the token is taken: a path that the same route serves. */
const opened = 'opened';

/**
 * Takes the token out of the address, so that it is in no bookmark, no shared
 * screen and no history entry; from here on it lives in memory only. Gives ''
 * when the page was reloaded after that.
 */
export function takeToken(location: Location, history: History): string {
  const token = location.pathname.split('/')[2] ?? '';
  history.replaceState(null, '', `/a/${opened}`);
  return token === opened ? '' : token;
}
