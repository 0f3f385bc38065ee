import type { Call } from "#usher";

/** How the operator's mails look. */
export interface Brand {
  logo: string; // an https address, or nothing
  logoWidth: number; // CSS pixels
  light: Colours;
  dark: Colours;
  footer: string[]; // lines, such as an imprint
}

export interface Colours {
  accent: string; // of the button and of links
  onAccent: string; // of words on the button
}

const accent = "#3b5bdb";

/** The manifest's config_schema has seen to it that colours and addresses are what they should be. */
export function brandOf(call: Call): Brand {
  const light = call.config.text("accent_color", accent);
  return {
    logo: call.config.text("logo_url", ""),
    logoWidth: call.config.number("logo_width", 140),
    light: colours(light),
    dark: colours(call.config.text("accent_color_dark", lighter(light))),
    footer: call.config.texts("footer"),
  };
}

function colours(ground: string): Colours {
  return { accent: ground, onAccent: luminance(ground) > 0.36 ? "#14161a" : "#ffffff" };
}

/** The channels of a colour such as #3b5bdb, from 0 to 255. */
function channels(colour: string): number[] {
  return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
}

/** Gives the relative luminance of a colour, from 0 to 1 (WCAG 2.2). */
export function luminance(colour: string): number {
  const [r, g, b] = channels(colour).map((c) => {
    const part = c / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** Gives a colour that can be read on the dark ground: half way to white, as often as it takes. */
function lighter(colour: string): string {
  let c = colour;
  while (luminance(c) < 0.24) {
    c = `#${channels(c).map((v) => Math.round((v + 255) / 2).toString(16).padStart(2, "0")).join("")}`;
  }
  return c;
}
