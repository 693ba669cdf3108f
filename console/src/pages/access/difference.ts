/** What a change changed: fields of `before` and `after` side by side, without what is the same. */

export type Values = Record<string, unknown>;

export interface Field {
  name: string; // of nested ones `policy.budget`
  before: string | null; // null: it was not there
  after: string | null; // null: it is gone
}

export interface Difference {
  changed: Field[];
  same: Field[];
}

/** Fields of both sides by name, those of objects inside one by one. */
export function differenceOf(
  before: Values | null | undefined,
  after: Values | null | undefined,
): Difference {
  const [was, is] = [fieldsOf(before), fieldsOf(after)];
  const found: Difference = { changed: [], same: [] };
  for (const name of [...new Set([...was.keys(), ...is.keys()])].sort()) {
    const field = { name, before: was.get(name) ?? null, after: is.get(name) ?? null };
    (field.before === field.after ? found.same : found.changed).push(field);
  }
  return found;
}

function fieldsOf(values: Values | null | undefined): Map<string, string> {
  const found = new Map<string, string>();
  const add = (value: unknown, name: string) => {
    if (isFull(value)) for (const [key, each] of Object.entries(value)) add(each, `${name}.${key}`);
    else found.set(name, textOf(value));
  };
  for (const [name, value] of Object.entries(values ?? {})) add(value, name);
  return found;
}

const isFull = (value: unknown): value is Values =>
  typeof value === "object" &&
  value !== null &&
  !Array.isArray(value) &&
  Object.keys(value).length > 0;

/** Texts as they are, unless they would look like another value. */
const textOf = (value: unknown): string =>
  typeof value === "string" && !looksOther(value) ? value : JSON.stringify(value);

function looksOther(text: string): boolean {
  if (text === "") return true;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const OF_LINES = 2;

/** Whether a field is a text of several lines, whose lines are compared. */
export const hasLines = ({ before, after }: Field): boolean =>
  before !== null &&
  after !== null &&
  [before, after].some((text) => text.split("\n").length > OF_LINES);

const MOST_LINES = 2_000;
const AROUND = 2; // lines that are the same, shown beside those that are not

/** The lines that went (`-`) and came (`+`) with those around them; null where there are too many. */
export function linesOf(before: string, after: string): string | null {
  const [old, now] = [before.split("\n"), after.split("\n")];
  if (old.length + now.length > MOST_LINES) return null;
  const marked = compared(old, now);
  const near = marked.map((_, at) =>
    marked.slice(Math.max(0, at - AROUND), at + AROUND + 1).some((line) => line[0] !== " "),
  );
  const shown: string[] = [];
  marked.forEach((line, at) => {
    if (near[at]) shown.push(line);
    else if (at === 0 || near[at - 1]) shown.push("@@ the same @@");
  });
  return shown.join("\n");
}

function compared(old: string[], now: string[]): string[] {
  const length = commonOf(old, now);
  const common = (a: number, b: number): number => length[a]?.[b] ?? 0;
  const found: string[] = [];
  let [a, b] = [0, 0];
  while (a < old.length || b < now.length) {
    if (a < old.length && b < now.length && old[a] === now[b]) {
      found.push(` ${old[a++]}`);
      b++;
    } else if (a < old.length && (b === now.length || common(a + 1, b) >= common(a, b + 1)))
      found.push(`-${old[a++]}`);
    else found.push(`+${now[b++]}`);
  }
  return found;
}

/** Lengths of the longest common subsequence from each pair of places on. */
function commonOf(old: string[], now: string[]): Uint16Array[] {
  const length = Array.from({ length: old.length + 1 }, () => new Uint16Array(now.length + 1));
  for (let a = old.length - 1; a >= 0; a--) {
    const [row, next] = [length[a] as Uint16Array, length[a + 1] as Uint16Array];
    for (let b = now.length - 1; b >= 0; b--)
      row[b] = old[a] === now[b] ? (next[b + 1] ?? 0) + 1 : Math.max(next[b] ?? 0, row[b + 1] ?? 0);
  }
  return length;
}
