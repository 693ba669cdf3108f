/** The words of the search box of Hunt: a term for a value, and changes to what stands there. */

/** A field of the search box with a value that may hold anything. */
export const fieldIs = (field: string, value: string): string =>
  `${field}:"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;

const SPAN = /\s*\btime:\[[^\]]*\]/g;

/** The words, held to a span: ms, the end not in it. Another span that stood there goes. */
export function within(words: string, from: number, until: number): string {
  const moment = (ms: number) => new Date(ms).toISOString().replace("Z", "");
  const rest = words.replace(SPAN, "").trim();
  return `${grouped(rest)} time:[${moment(from)} TO ${moment(until - 1)}]`.trim();
}

/** The words, and one term more that must hold too. */
export const andAlso = (words: string, term: string): string =>
  `${grouped(words.trim())} ${term}`.trim();

/** OR binds less than standing beside each other: what has one is put in brackets. */
const grouped = (words: string): string =>
  /\bOR\b/.test(words) && !/^\([^()]*\)$/.test(words) ? `(${words})` : words;

/** A day alone as its begin in UTC; a moment stays as it is typed. */
export const momentOf = (typed: string): string =>
  /^\d{4}-\d\d-\d\d$/.test(typed) ? `${typed}T00:00:00Z` : typed;
