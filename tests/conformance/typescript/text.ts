/** What everything is answered with that may be any text. */
export const text = 'q"b\\s/ü😀\u0001\n';
