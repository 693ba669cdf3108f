/** What is held against the past of a workload or a person, in words. */

const HOUR = 3_600_000;

export const LATELY: Record<string, number> = { "1 h": HOUR, "24 h": 24 * HOUR, "7 d": 168 * HOUR };

export const KINDS: Record<string, string> = {
  program: "Programs",
  user: "Users",
  host: "Hosts",
  source: "Sources of logins",
  destination: "Destinations",
  folder: "Folders with changes",
  port: "Listening ports",
};

/** The choice that the telemetry allows: late is a day, or an hour if that is young. */
export function usualLately(first: string | null | undefined, end: number): string {
  return first && end - Date.parse(first) < 2 * 24 * HOUR ? "1 h" : "24 h";
}

/** How many there are, and were: "12 of late, 9 before; 4 new, 1 missed". */
export function countsText(of: { lately: number; before: number; fresh: number; gone: number }) {
  return `${of.lately} of late, ${of.before} before: ${of.fresh} new, ${of.gone} missed`;
}
