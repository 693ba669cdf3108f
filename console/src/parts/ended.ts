const HOUR = 3_600_000;
const STILL = 24; // hours without telemetry after which spans end with the last of it

/** Where spans end, ms: with the present hour, or where telemetry ended if that is long ago. */
export function endOf(lastHour: string | null | undefined, now: number): number {
  const last = lastHour ? Date.parse(lastHour) + HOUR : now;
  return now - last > STILL * HOUR ? last : Math.ceil(now / HOUR) * HOUR;
}
