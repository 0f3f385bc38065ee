const key = 'usher.operator-token';

/** The operator token that this tab keeps until it is closed; empty when it has none. */
export function keptToken(): string {
  return sessionStorage.getItem(key) ?? '';
}

export function keepToken(token: string) {
  sessionStorage.setItem(key, token);
}

export function dropToken() {
  sessionStorage.removeItem(key);
}
