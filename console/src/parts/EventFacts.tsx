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
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return TIMES.has(name) ? <Moment at={text} /> : <Value column={name} value={text} />;
}
