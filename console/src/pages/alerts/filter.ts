/** Which alerts are meant: as the address has it, as the API takes it, as a person types it. */
import type { Schema } from "@/api/client";
import type { Change } from "@/parts/url";
import { momentOf } from "@/parts/words";

export const FIELDS = ["rule", "workload", "host", "assignee", "incident"] as const;
export type FieldName = (typeof FIELDS)[number];
export const STATUSES = ["open", "acknowledged", "escalated", "dismissed"] as const;

export type Status = Schema["AlertStatus"];
export type Filter = Schema["FilterBody"];

type Severities = NonNullable<Filter["severity"]>;

/** The filter that an address holds; without a word on the state, what is still to be done. */
export function filterOf(url: URLSearchParams): Filter {
  const states = url.getAll("status");
  const filter: Filter = {
    status: (states.length ? states.filter((state) => state !== "all") : ["open"]) as Status[],
    severity: url.getAll("severity") as Severities,
  };
  for (const name of FIELDS) if (url.has(name)) filter[name] = url.get(name);
  for (const name of ["from", "until", "q"] as const)
    if (url.get(name)) filter[name] = url.get(name);
  return filter;
}

/** Whether an alert may be of those that a filter finds, by what the stream tells of it. */
export function mayFit(
  filter: Filter,
  alert: { status: string; severity: string; title: string },
): boolean {
  const one = (of: readonly string[] | null | undefined, value: string) =>
    !of?.length || of.includes(value);
  const letters = (filter.q ?? "").toLowerCase();
  return (
    one(filter.status, alert.status) &&
    one(filter.severity, alert.severity) &&
    alert.title.toLowerCase().includes(letters)
  );
}

/** What typed words change in the address: `severity:high workload:db curl`. */
export function typedChange(typed: string): { change: Change; problem: string | null } {
  const change: Change = {};
  const letters: string[] = [];
  const severities: string[] = [];
  const states: string[] = [];
  for (const word of wordsOf(typed)) {
    const [, name, value] = /^([a-z]+):(.*)$/s.exec(word) ?? [];
    if (name === "severity" && value) severities.push(value);
    else if (name === "status" && value) states.push(value);
    else if (name && value !== undefined && isField(name)) change[name] = value;
    else if (name === "from" || name === "until") change[name] = momentOf(value ?? "");
    else letters.push(word);
  }
  const unknown = severities.find((name) => !SEVERITY_NAMES.includes(name));
  if (unknown)
    return { change: {}, problem: `no severity "${unknown}": ${SEVERITY_NAMES.join(", ")}` };
  const odd = states.find(
    (name) => name !== "all" && !(STATUSES as readonly string[]).includes(name),
  );
  if (odd) return { change: {}, problem: `no status "${odd}": ${STATUSES.join(", ")}, all` };
  if (severities.length) change.severity = severities;
  if (states.length) change.status = states;
  change.q = letters.join(" ");
  return { change, problem: null };
}

const SEVERITY_NAMES = ["critical", "high", "medium", "low", "informational"];

const isField = (name: string): name is FieldName => (FIELDS as readonly string[]).includes(name);

/** Words, of which one in quotation marks may hold spaces. */
const wordsOf = (typed: string): string[] =>
  [...typed.matchAll(/(?:[^\s"]|"[^"]*")+/g)].map((found) => found[0].replaceAll('"', ""));
