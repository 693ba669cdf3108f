/** Which suppressed matches are meant: as the address has it, as the API takes it, as a person types it. */
import type { Schema } from "@/api/client";
import type { Change } from "@/parts/url";
import { momentOf } from "@/parts/words";

type Basis = Schema["Basis"];

export const FIELDS = ["rule", "workload", "host", "user", "stream", "suppression"] as const;
export const BASES = [
  "expected",
  "suppressed by hand",
  "counted by a correlation only",
  "below the threshold",
] as const satisfies readonly Basis[];

export interface Wanted {
  rule?: string;
  workload?: string;
  host?: string;
  user?: string;
  stream?: string;
  suppression?: string;
  basis?: Basis;
  from?: string;
  until?: string;
}

export function wantedOf(url: URLSearchParams): Wanted {
  const wanted: Wanted = {};
  for (const name of [...FIELDS, "from", "until"] as const) {
    const value = url.get(name);
    if (value) wanted[name] = value;
  }
  const basis = BASES.find((each) => each === url.get("basis"));
  return basis ? { ...wanted, basis } : wanted;
}

const NAMES: readonly string[] = [...FIELDS, "from", "until"];

/** What typed words change in the address: `rule:curl_download workload:db`. */
export function typedChange(typed: string): { change: Change; problem: string | null } {
  const change: Change = {};
  for (const word of wordsOf(typed)) {
    const [, name, value] = /^([a-z]+):(.+)$/s.exec(word) ?? [];
    if (!name || !value || !NAMES.includes(name)) {
      return { change: {}, problem: `“${word}”: write NAME:VALUE with one of ${NAMES.join(", ")}` };
    }
    change[name] = name === "from" || name === "until" ? momentOf(value) : value;
  }
  return { change, problem: null };
}

/** Words, of which one in quotation marks may hold spaces. */
const wordsOf = (typed: string): string[] =>
  [...typed.matchAll(/(?:[^\s"]|"[^"]*")+/g)].map((found) => found[0].replaceAll('"', ""));
