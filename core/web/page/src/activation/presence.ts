const acts = ['pointerdown', 'touchstart', 'keydown'];

/**
 * Calls once, when somebody first acts on the page. That the page is visible proves
 * nothing: a browser that nobody looks at says so too. A program that presses real keys
 * passes; the host knows.
 */
export function onFirstAct(tell: () => void) {
  const act = (event: Event) => {
    if (!event.isTrusted) return;
    acts.forEach((kind) => removeEventListener(kind, act, true));
    tell();
  };
  acts.forEach((kind) => addEventListener(kind, act, { capture: true, passive: true }));
}
