import { expect, test } from "vitest";
import { countsText, usualLately } from "@/parts/past";

const END = Date.parse("2026-11-21T21:00:00Z");

test("of late is an hour where telemetry is younger than two days, else a day", () => {
  expect(usualLately("2026-11-21T19:00:00Z", END)).toBe("1 h");
  expect(usualLately("2026-11-10T19:00:00Z", END)).toBe("24 h");
  expect(usualLately(null, END)).toBe("24 h");
});

test("counts say what is new and what is missed", () => {
  expect(countsText({ lately: 4, before: 3, fresh: 2, gone: 1 })).toBe(
    "4 of late, 3 before: 2 new, 1 missed",
  );
});
