/** Events by the hour as rates of a minute, hours without events among them. */
const HOUR = 3_600_000;

interface Hour {
  time: string | null;
  events: number;
  bytes: number;
}

export interface Rate {
  time: number; // begin of the hour, ms
  minute: number; // events a minute, mean of the hour
  events: number;
  bytes: number;
}

/** Every hour from `since` to `until`; the one that still goes on counts the minutes gone. */
export function ratesOf(hours: Hour[], since: string, until: string, now: number): Rate[] {
  const told = new Map(hours.map((hour) => [Date.parse(hour.time ?? ""), hour]));
  const found: Rate[] = [];
  for (let time = Date.parse(since); time < Date.parse(until); time += HOUR) {
    const minutes = Math.min(60, (now - time) / 60_000);
    if (minutes <= 0) break;
    const { events = 0, bytes = 0 } = told.get(time) ?? {};
    found.push({ time, events, bytes, minute: events / Math.max(1, minutes) });
  }
  return found;
}

/** `1,204`, and small ones with a digit behind the point. */
export const rateText = (minute: number): string =>
  minute > 0 && minute < 10
    ? minute.toFixed(minute < 1 ? 2 : 1)
    : new Intl.NumberFormat("en", { maximumFractionDigits: 0 }).format(minute);
