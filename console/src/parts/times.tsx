/** Moments and spans as people read them, in UTC or local time as the person chose. */
import { useLocalStorage } from "@mantine/hooks";

export type Zone = "UTC" | "local";

export function useZone(): [Zone, (zone: Zone) => void] {
  const [zone, setZone] = useLocalStorage<Zone>({ key: "foreseen.zone", defaultValue: "UTC" });
  return [zone, setZone];
}

const two = (value: number): string => String(value).padStart(2, "0");

/** `2026-11-21 07:33:20`; with `short` without the year, and without the date where it is today's. */
export function momentText(time: Date, zone: Zone, short = false, now = new Date()): string {
  if (Number.isNaN(time.getTime())) return "–"; // beyond what a calendar has
  const at = zone === "UTC" ? utc(time) : local(time);
  const today = (zone === "UTC" ? utc(now) : local(now)).day;
  const clock = `${two(at.hour)}:${two(at.minute)}:${two(at.second)}`;
  if (!short) return `${at.day} ${clock}`;
  return at.day === today ? clock : `${at.day.slice(5)} ${clock}`;
}

const utc = (time: Date) => ({
  day: time.toISOString().slice(0, 10),
  hour: time.getUTCHours(),
  minute: time.getUTCMinutes(),
  second: time.getUTCSeconds(),
});

const local = (time: Date) => ({
  day: `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`,
  hour: time.getHours(),
  minute: time.getMinutes(),
  second: time.getSeconds(),
});

const UNITS: [number, string][] = [
  [86_400, "d"],
  [3_600, "h"],
  [60, "min"],
];

/** Seconds as `420 ms`, `41 s`, `6.2 min`, `3 h`, `12 d`. */
export function spanText(seconds: number): string {
  if (seconds !== 0 && Math.abs(seconds) < 1) return `${Math.round(1_000 * seconds)} ms`;
  for (const [size, unit] of UNITS) {
    if (Math.abs(seconds) >= size) return `${tidy(seconds / size)} ${unit}`;
  }
  return `${tidy(seconds)} s`;
}

const tidy = (value: number): string =>
  Math.abs(value) >= 10 ? Math.round(value).toString() : value.toFixed(1).replace(/\.0$/, "");

interface Props {
  at: string | null | undefined;
  short?: boolean;
}

/** A moment; the title says it in the other zone. */
export function Moment({ at, short = false }: Props) {
  const [zone] = useZone();
  if (!at) return <span className="quiet">–</span>;
  const time = new Date(at);
  const other: Zone = zone === "UTC" ? "local" : "UTC";
  return (
    <time dateTime={at} className="number unbroken" title={`${momentText(time, other)} ${other}`}>
      {momentText(time, zone, short)}
    </time>
  );
}
