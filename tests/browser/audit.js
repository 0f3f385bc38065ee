(() => {
  const found = [];
  const all = (selector) => [...document.querySelectorAll(selector)];
  const shown = (element) => element.checkVisibility({ visibilityProperty: true }) && !element.closest('[aria-hidden="true"]');
  const where = (element) => element.localName + (element.id ? '#' + element.id : '') + (element.className ? '.' + element.className : '');

  if (!document.documentElement.lang) found.push('the document has no language');
  if (!document.title.trim()) found.push('the document has no title');
  if (all('h1').filter(shown).length !== 1) found.push(`${all('h1').length} headings of the first level`);
  if (all('main').length !== 1) found.push(`${all('main').length} main landmarks`);

  const ids = all('[id]').map((element) => element.id);
  for (const id of new Set(ids)) if (ids.filter((other) => other === id).length > 1) found.push(`the id ${id} is used twice`);
  for (const name of ['aria-describedby', 'aria-labelledby', 'aria-controls']) {
    for (const element of all(`[${name}]`)) {
      for (const id of element.getAttribute(name).split(/\s+/)) {
        if (!document.getElementById(id)) found.push(`${where(element)}: ${name} refers to nothing (${id})`);
      }
    }
  }

  const text = (element) => element.textContent.trim();
  for (const input of all('input:not([type=hidden]), select, textarea').filter(shown)) {
    const labels = [...(input.labels ?? [])].map(text).join('') || input.getAttribute('aria-label');
    if (!labels) found.push(`${where(input)} has no label`);
    if (input.type === 'password' && !input.autocomplete) found.push(`${where(input)} has no autocomplete`);
  }
  for (const control of all('button, a[href]').filter(shown)) {
    if (!text(control) && !control.getAttribute('aria-label')) found.push(`${where(control)} has no name`);
  }
  for (const image of all('img, svg').filter((element) => element.checkVisibility())) {
    if (!image.closest('[aria-hidden="true"]') && !image.getAttribute('alt') && !image.getAttribute('aria-label')) found.push(`${where(image)} has no text`);
  }
  for (const element of all('[tabindex]')) if (element.tabIndex > 0) found.push(`${where(element)} breaks the order of the Tab key`);

  for (const control of all('button, a[href].button, input, select').filter(shown)) {
    const target = control.type === 'checkbox' ? (control.closest('label') ?? control) : control;
    const { width, height } = target.getBoundingClientRect();
    if (width < 44 || height < 44) found.push(`${where(control)} is ${Math.round(width)} x ${Math.round(height)} pixels`);
  }
  const { scrollWidth } = document.documentElement;
  const width = Math.min(window.innerWidth, screen.width); // a phone widens its window to a page that does not fit
  if (scrollWidth > width) found.push(`the page is ${scrollWidth} pixels wide in a window of ${width}`);

  const channels = (colour) => (colour.match(/[\d.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) =>
    [r, g, b].map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)).reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const colour = channels(getComputedStyle(each).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  for (const element of all('body *').filter((each) => shown(each) && [...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))) {
    if (element.matches('.only-heard, script, style, noscript, option') || element.closest('header')) continue;
    const style = getComputedStyle(element);
    const [a, b] = [light(channels(style.color)), light(ground(element))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    const large = parseFloat(style.fontSize) >= 24;
    if (ratio < (large ? 3 : 4.5)) found.push(`${where(element)}: contrast ${ratio.toFixed(2)}`);
  }
  return found;
})()
