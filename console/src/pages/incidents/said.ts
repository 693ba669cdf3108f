/** What people said on the alerts of an incident. Pure. */
import type { Schema } from "@/api/client";

type Alert = Schema["AlertView"];
type Happened = Schema["HistoryPage"]["history"][number];

export interface Note {
  alert: Alert;
  event: Happened;
}

const SAID = new Set(["comment", "dismiss", "escalate", "undo", "resolve", "restore"]);

/** The words in the histories of alerts, oldest first. */
export function notesOf(alerts: Alert[], histories: Happened[][]): Note[] {
  return alerts
    .flatMap((alert, index) => (histories[index] ?? []).map((event) => ({ alert, event })))
    .filter(({ event }) => SAID.has(event.action))
    .toSorted((a, b) => (a.event.time ?? "").localeCompare(b.event.time ?? ""));
}
