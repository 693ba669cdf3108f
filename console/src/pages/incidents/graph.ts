/** Who and what an incident is about, and which of them its matches tie together. Pure. */
import type { Match } from "./incidents";

export const KINDS = ["from", "user", "host", "started by", "process", "touched"] as const;
export type Kind = (typeof KINDS)[number];

export interface Entity {
  id: string;
  kind: Kind;
  name: string;
  matches: number;
  alerted: number;
}

export interface Tie {
  from: string;
  to: string;
  matches: number;
  alerted: number;
}

export interface Graph {
  entities: Entity[]; // by kind, those with the most matches first
  ties: Tie[];
}

const COLUMNS: Record<Kind, string[]> = {
  from: ["src_ip"],
  user: ["user_name", "process_user_name", "auth_account", "user_uid"],
  host: ["host"],
  "started by": ["parent_path"],
  process: ["process_path", "api_operation"],
  touched: ["file_path", "dst_ip", "resource_name"],
};

/** What a match names, in the order in which things act on each other. */
export function namedIn(match: Match): { kind: Kind; name: string }[] {
  return KINDS.flatMap((kind) => {
    const value = COLUMNS[kind].map((column) => match.columns[column]).find(isName);
    return value === undefined ? [] : [{ kind, name: String(value) }];
  });
}

const isName = (value: unknown): boolean => typeof value === "string" && value !== "";

const idOf = (kind: Kind, name: string): string => `${kind} ${name}`;

/** The graph of all matches: each ties what it names to the next thing that it names. */
export function graphOf(matches: Match[]): Graph {
  const entities = new Map<string, Entity>();
  const ties = new Map<string, Tie>();
  for (const match of matches) {
    const alerted = match.decision?.outcome === "alerted" ? 1 : 0;
    const named = namedIn(match);
    for (const { kind, name } of named) {
      const id = idOf(kind, name);
      const known = entities.get(id) ?? { id, kind, name, matches: 0, alerted: 0 };
      entities.set(id, { ...known, matches: known.matches + 1, alerted: known.alerted + alerted });
    }
    named.slice(1).forEach((to, index) => {
      const before = named[index];
      if (!before) return;
      const [from, end] = [idOf(before.kind, before.name), idOf(to.kind, to.name)];
      const key = `${from}\0${end}`;
      const known = ties.get(key) ?? { from, to: end, matches: 0, alerted: 0 };
      ties.set(key, { ...known, matches: known.matches + 1, alerted: known.alerted + alerted });
    });
  }
  const order = (a: Entity, b: Entity) =>
    KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) ||
    b.matches - a.matches ||
    a.name.localeCompare(b.name);
  return { entities: [...entities.values()].toSorted(order), ties: [...ties.values()] };
}

export interface Placed extends Entity {
  column: number;
  row: number;
}

/** Where each entity is drawn: a column for each kind that there is, at most so many in each. */
export function placed(entities: Entity[], most: number): { shown: Placed[]; leftOut: number } {
  const kinds = KINDS.filter((kind) => entities.some((each) => each.kind === kind));
  const shown = kinds.flatMap((kind, column) =>
    entities
      .filter((each) => each.kind === kind)
      .slice(0, most)
      .map((each, row) => ({ ...each, column, row })),
  );
  return { shown, leftOut: entities.length - shown.length };
}
