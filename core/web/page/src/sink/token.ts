const key = 'usher.operator-token';

/** The operator token: from the address (#token=…), which is cleaned at once, or from this tab's session. */
export function takeToken(): string {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (given) {
    history.replaceState(null, '', location.pathname);
    keepToken(given);
  }
  return given ?? sessionStorage.getItem(key) ?? '';
}

export function keepToken(token: string) {
  sessionStorage.setItem(key, token);
}

export function dropToken() {
  sessionStorage.removeItem(key);
}
