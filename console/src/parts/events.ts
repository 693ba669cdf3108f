/** Events of the lake in a few words: which lane they belong to, and what they were. */
export type EventColumns = Record<string, unknown>;

const LANES: Record<number, string> = {
  1001: "file",
  1003: "kernel",
  1005: "module",
  1007: "process",
  1008: "event log",
  3001: "account",
  3002: "login",
  3003: "session",
  3005: "access",
  3006: "group",
  4001: "network",
  4002: "http",
  4003: "dns",
  4007: "ssh",
  6001: "web",
  6003: "api",
};

/** The source's lane, by the event's OCSF class. */
export function laneOf(event: EventColumns): string {
  const named = LANES[Number(event.class_uid)];
  return named ?? (typeof event.event_type === "string" ? event.event_type : "other");
}

const text = (event: EventColumns, ...names: string[]): string => {
  for (const name of names) {
    const value = event[name];
    if (typeof value === "string" && value !== "") return value;
    if (typeof value === "number") return String(value);
  }
  return "";
};

/** What happened, in one line. */
export function summaryOf(event: EventColumns): string {
  const what = text(
    event,
    "process_cmd_line",
    "file_target",
    "file_path",
    "http_url",
    "query_hostname",
    "api_operation",
    "process_path",
    "auth_service",
  );
  const where = text(event, "dst_hostname", "dst_ip", "resource_name", "src_ip");
  const kind = text(event, "event_type");
  return [what || kind, where && where !== what ? `→ ${where}` : ""].filter(Boolean).join(" ");
}
