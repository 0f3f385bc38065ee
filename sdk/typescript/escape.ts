const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;" };

/** Gives text so that it means itself in HTML, in an element and in a quoted attribute alike. */
export function html(text: string): string {
  return text.replace(/[&<>"']/g, (c) => entities[c] as string);
}

/** Gives text so that it means itself as a part of a URL or of a form: only letters, digits and -_.~ stay. */
export function url(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}
