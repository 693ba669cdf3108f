import type { EventColumns } from "@/parts/events";
import { Facts, Value } from "@/parts/Facts";
import { Moment } from "@/parts/times";

const TIMES = new Set(["time", "ingested_time"]);

/** All columns of an event, each with the ways on from it. */
export function EventFacts({ event }: { event: EventColumns }) {
  const shown = Object.entries(event).filter(([, value]) => value !== null && value !== "");
  return <Facts of={shown.map(([name, value]) => [name, shownAs(name, value)])} />;
}

function shownAs(name: string, value: unknown) {
  if (TIMES.has(name) && (typeof value === "string" || typeof value === "number")) {
    return <Moment at={new Date(value).toISOString()} />;
  }
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return <Value column={name} value={text} />;
}
