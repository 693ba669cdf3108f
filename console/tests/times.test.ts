import { describe, expect, it } from "vitest";
import { counted, percent } from "@/parts/numbers";
import { momentText, spanText } from "@/parts/times";

describe("moments and spans", () => {
  const time = new Date("2026-11-21T07:33:20Z");

  it("tell the date unless it is today's", () => {
    expect(momentText(time, "UTC")).toBe("2026-11-21 07:33:20");
    expect(momentText(time, "UTC", true, new Date("2026-11-21T23:00:00Z"))).toBe("07:33:20");
    expect(momentText(time, "UTC", true, new Date("2026-11-22T00:00:00Z"))).toBe("11-21 07:33:20");
  });

  it("take the unit that fits", () => {
    expect([41, 372, 10_800, 1_036_800].map(spanText)).toEqual(["41 s", "6.2 min", "3 h", "12 d"]);
  });
});

describe("numbers", () => {
  it("keep what matters of a share", () => {
    expect([0, 0.0004, 0.0092, 0.974, 0.9999, 1].map(percent)).toEqual([
      "0 %",
      "0.04 %",
      "0.92 %",
      "97.4 %",
      "> 99.9 %",
      "100 %",
    ]);
  });

  it("are whole until a hundred thousand", () => {
    expect([999, 54_381, 1_254_377].map(counted)).toEqual(["999", "54,381", "1.3M"]);
  });
});
