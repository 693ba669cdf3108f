/** Text of strangers, made safe to look at. React escapes markup; this is for the rest. */

export interface Piece {
  text: string;
  foreign: boolean; // stands for a character that would not show as itself
}

// Controls, bidirectional overrides, zero-width and other characters that hide or turn around text.
const HIDING = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029\u115f\u1160\u3164\uffa0]/u;
const SHOWN = new Map([
  ["\n", "⏎"],
  ["\t", "⇥"],
  ["\r", "␍"],
  ["\0", "␀"],
  ["\u001b", "␛"],
]);

const nameOf = (character: string): string =>
  SHOWN.get(character) ??
  `⟨U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}⟩`;

/** Splits a text into pieces in which every character is seen. */
export function pieces(text: string): Piece[] {
  if (!HIDING.test(text)) return [{ text, foreign: false }];
  const found: Piece[] = [];
  for (const character of text) {
    const foreign = HIDING.test(character);
    const shown = foreign ? nameOf(character) : character;
    const last = found.at(-1);
    if (last && last.foreign === foreign) last.text += shown;
    else found.push({ text: shown, foreign });
  }
  return found;
}

/** The same as one string, for titles and labels. */
export const seen = (text: string): string =>
  pieces(text)
    .map((piece) => piece.text)
    .join("");

/** The first `length` characters, never half of one. */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  const half = /[\ud800-\udbff]/.test(text.charAt(length - 1));
  return text.slice(0, half ? length - 1 : length);
}
