/** How whom the link belongs to looks. What is missing is the house's own. */

export interface Brand {
  name?: string;
  logo_url?: string;
  colour?: string;
  support_url?: string;
}

type Colour = [number, number, number];

const papers = { light: '#fdf9f3', dark: '#19101d' };
const properties = ['--action', '--action-ink', '--action-edge'];

/** Paints buttons in a colour: what is written on them is black or white by its contrast, and an edge shows them where they would not stand out. */
export function paint(colour: string | undefined, dark: boolean) {
  const root = document.documentElement.style;
  const own = read(colour);
  if (!own) return properties.forEach((name) => root.removeProperty(name));
  const paper = read(dark ? papers.dark : papers.light)!;
  const ink = contrast(own, [255, 255, 255]) >= contrast(own, [0, 0, 0]) ? '#ffffff' : '#000000';
  const values = [write(own), ink, write(apart(own, paper, dark ? 255 : 0))];
  properties.forEach((name, at) => root.setProperty(name, values[at]!));
}

/** Only a web address of another's site may stand behind a link or an image. */
export function webAddress(address = ''): string {
  return URL.canParse(address) && new URL(address).protocol === 'https:' ? new URL(address).href : '';
}

function read(colour = ''): Colour | null {
  const digits = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(colour);
  return digits && (digits.slice(1).map((pair) => parseInt(pair, 16)) as Colour);
}

function write(colour: Colour): string {
  return `rgb(${colour.map(Math.round).join(' ')})`;
}

/** The colour, moved towards one end until its edge can be seen (WCAG 2.2, 1.4.11). */
function apart(colour: Colour, paper: Colour, end: number): Colour {
  for (let part = 0; part < 1; part += 1 / 32) {
    const moved = colour.map((channel) => channel * (1 - part) + end * part) as Colour;
    if (contrast(moved, paper) >= 3.1) return moved;
  }
  return [end, end, end];
}

/** The contrast ratio of WCAG 2.2, from 1 to 21. */
function contrast(a: Colour, b: Colour): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: Colour): number {
  const [red, green, blue] = colour.map((channel) => {
    const v = channel / 255;
    return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  }) as Colour;
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
