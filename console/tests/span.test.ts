import { describe, expect, it } from "vitest";
import { endOf } from "@/parts/ended";

const NOW = Date.UTC(2026, 10, 23, 4, 30);
const hour = (day: number, at: number) => new Date(Date.UTC(2026, 10, day, at)).toISOString();

describe("spans", () => {
  it("end with the hour that is now while telemetry comes, or none ever came", () => {
    const next = Date.UTC(2026, 10, 23, 5);
    expect(endOf(hour(23, 4), NOW)).toBe(next);
    expect(endOf(hour(22, 12), NOW)).toBe(next);
    expect(endOf(null, NOW)).toBe(next);
  });

  it("end with the last telemetry where that is more than a day ago", () => {
    expect(endOf(hour(21, 20), NOW)).toBe(Date.UTC(2026, 10, 21, 21));
  });
});
