/** Which columns of found events a person sees first; a row that is opened shows all of them. */

/** What tells most of an event, in the order in which people read it. */
const FIRST = [
  "time",
  "workload",
  "host",
  "user_name",
  "event_type",
  "process_cmd_line",
  "process_path",
  "file_path",
  "dst_ip",
  "dst_port",
  "src_ip",
  "http_url",
  "api_operation",
  "labels",
];

/** Names that say where a row lies and whose it is, and nothing of what happened. */
const LAST = ["stream", "seq", "event_uid", "match_uid", "ingested_time", "tenant"];

const isEmpty = (value: unknown): boolean =>
  value === null ||
  value === undefined ||
  value === "" ||
  (Array.isArray(value) && value.length === 0);

/** Columns that some row has a value in, the telling ones first. */
export function tellingColumns(names: string[], rows: Record<string, unknown>[]): string[] {
  const filled = names.filter((name) => rows.some((row) => !isEmpty(row[name])));
  const rest = filled.filter((name) => !FIRST.includes(name) && !LAST.includes(name));
  const among = (some: string[]) => some.filter((name) => filled.includes(name));
  return [...among(FIRST), ...rest, ...among(LAST)];
}

const WIDE = new Set(["process_cmd_line", "parent_cmd_line", "raw", "http_url", "file_path"]);

/** How wide a column is, in rem: command lines need room, and times are never cut. */
export const roomOf = (name: string): number =>
  WIDE.has(name) ? 22 : name === "time" || name.endsWith("_time") ? 10.5 : 9;
