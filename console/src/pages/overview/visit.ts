/** When a person was here last: a visit ends where nothing was looked at for half an hour. */
export interface Visits {
  before: number | null; // end of the visit before this one, ms
  now: number; // when this one was last seen going on
}

const PAUSE = 30 * 60_000;

/** The visits as they stand when the page is looked at now. */
export function visited(kept: Visits | null, now: number): Visits {
  if (!kept || !Number.isFinite(kept.now)) return { before: null, now };
  return now - kept.now > PAUSE ? { before: kept.now, now } : { before: kept.before, now };
}

/** What was kept, if it is that. */
export function readVisits(text: string | null): Visits | null {
  try {
    const found = JSON.parse(text ?? "null") as Partial<Visits> | null;
    if (!found || typeof found.now !== "number") return null;
    return { before: typeof found.before === "number" ? found.before : null, now: found.now };
  } catch {
    return null;
  }
}
