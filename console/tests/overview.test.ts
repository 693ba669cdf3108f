import { expect, test } from "vitest";
import { columnsOf, warmthOf } from "@/pages/overview/attack";
import { lengthOf, missedText, partText } from "@/pages/overview/shares";
import { readVisits, visited } from "@/pages/overview/visit";
import { bytesText } from "@/parts/numbers";

const coverage = {
  rules: 2,
  without_technique: [],
  techniques: [
    { id: "T1059", tactics: ["execution"] },
    { id: "T1078", tactics: ["persistence", "initial-access"] },
  ],
  tactics: [{ name: "initial-access" }, { name: "execution" }, { name: "persistence" }],
};
const technique = (id: string) => ({ technique: id, rules: ["r"], matches: 3, alerted: 1 });

test("techniques stand in each of their tactics, in the order of ATT&CK", () => {
  const columns = columnsOf(
    [technique("T1078"), technique("T1059.004"), technique("T9999")],
    coverage,
  );
  expect(columns.map((each) => [each.name, each.techniques.map((one) => one.technique)])).toEqual([
    ["initial-access", ["T1078"]],
    ["execution", ["T1059.004"]],
    ["persistence", ["T1078"]],
    ["other", ["T9999"]],
  ]);
});

test("a cell is warm by orders of magnitude, and cold without a match", () => {
  expect(warmthOf(0, 100)).toBe(0);
  expect(warmthOf(100, 100)).toBe(1);
  expect(warmthOf(1, 100)).toBeGreaterThan(0.15);
});

test("small parts are told as one in so many", () => {
  expect(partText(5, 10)).toBe("50.0 %");
  expect(partText(2, 82_000)).toBe("1 in 41,000");
  expect(partText(0, 10)).toBe("");
  expect(partText(1, 0)).toBe("");
});

test("bars have no length for nothing, and all of it for the most", () => {
  expect(lengthOf(0, 100)).toBe(0);
  expect(lengthOf(100, 100)).toBe(1);
  expect(lengthOf(1, 1e9)).toBeGreaterThan(0.01);
});

test("bytes are told in the unit that fits", () => {
  expect([0, 999, 1500, 25_000_000, 3e15].map(bytesText)).toEqual([
    "0 B",
    "999 B",
    "1.5 kB",
    "25 MB",
    "3000 TB",
  ]);
});

test("nothing is claimed of models that nobody measured", () => {
  expect(missedText(null)).toContain("not known");
  expect(missedText({ chains: 0, caught: 0, upper: 1 })).toContain("not known");
  expect(missedText({ chains: 97, caught: 95, upper: 0.063 })).toBe(
    "Sealed attack replays: 95 of 97 measured chains are told; at most 6.3 % would be missed (95 % bound).",
  );
});

test("a visit ends after half an hour without a look", () => {
  const minute = 60_000;
  expect(visited(null, 5)).toEqual({ before: null, now: 5 });
  expect(visited({ before: 1, now: 0 }, 29 * minute)).toEqual({ before: 1, now: 29 * minute });
  expect(visited({ before: 1, now: 7 }, 31 * minute)).toEqual({ before: 7, now: 31 * minute });
});

test("what a browser kept of visits may be anything", () => {
  expect([null, "", "{", "[]", '{"now":"x"}'].map(readVisits)).toEqual([
    null,
    null,
    null,
    null,
    null,
  ]);
  expect(readVisits('{"now":5,"before":"x"}')).toEqual({ before: null, now: 5 });
});
