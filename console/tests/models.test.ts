import { expect, test } from "vitest";
import { type Comparison, exampleText, moving, pairOf, sums } from "@/pages/models/comparison";
import {
  alonesText,
  baseRateText,
  caughtText,
  costText,
  daysText,
  highest,
  inForce,
  loudest,
  ofRule,
  pace,
  scaleOf,
  stabilityText,
  twinOf,
} from "@/pages/models/curve";
import { answerText, countsOf, learnedText } from "@/pages/models/feedback";
import type { Curve } from "@/pages/models/measured";

const POINTS = [0.001, 0.01, 0.1].map((share, at) => ({
  share,
  alerted: [2, 20, 180][at] as number,
  low: [0, 0.01, 0.1][at] as number,
  high: [0.01, 0.04, 0.25][at] as number,
  caught: [3, 4, 5][at] as number,
  by_models: [2, 3, 5][at] as number,
  missed: [0.81, 0.66, 0.45][at] as number,
}));

const CURVE: Curve = {
  foresight: "f",
  own: true,
  in_force: 0.01,
  resolution: 0.0009,
  matches: 1000,
  days: 2,
  chains: 5,
  impossible: 0,
  points: POINTS,
  rules: [
    {
      rule: "curl",
      matches: 400,
      clusters: 9,
      alerted: [0, 12, 90],
      low: [0, 0, 0.1],
      high: [0.1, 0.2, 0.3],
      chains: 0,
      caught: [0, 0, 0],
      missed: [1, 1, 1],
    },
    {
      rule: "sudo",
      matches: 600,
      clusters: 30,
      alerted: [2, 8, 90],
      low: [0, 0, 0.1],
      high: [0.1, 0.2, 0.3],
      chains: 2,
      caught: [0, 1, 2],
      missed: [1, 0.98, 0.78],
    },
  ],
};

const FRAME = { width: 700, height: 260, left: 50, right: 50, top: 10, bottom: 30 };

test("a place on the curve is the threshold that is nearest, by ratio and not by difference", () => {
  const scale = scaleOf(CURVE, FRAME);
  expect(scale.x(0.001)).toBe(50);
  expect(scale.x(0.01)).toBeCloseTo(350);
  expect(scale.x(0.1)).toBeCloseTo(650);
  expect([0, 190, 210, 640, 999].map(scale.nearest)).toEqual([0, 0, 1, 2, 2]);
});

test("the threshold in force is found, and nothing is claimed without matches", () => {
  expect(inForce(CURVE)).toBe(1);
  expect(costText(CURVE, POINTS[1] as never)).toBe(
    "20 of 1,000 expected matches would alert (2.0 %; 95 % interval 1.0 % to 4.0 %)",
  );
  const none = { ...CURVE, matches: 0, chains: 0 };
  expect(costText(none, POINTS[1] as never)).toContain("no expected match");
  expect(caughtText(none, POINTS[1] as never)).toBe("No recorded attack can be put here");
});

test("attacks are told with the bound on what is missed", () => {
  expect(caughtText(CURVE, POINTS[0] as never)).toBe(
    "3 of 5 recorded attacks would be told of; with 95 % confidence at most 81.0 % of such attacks are missed",
  );
});

test("one rule's curve has its own figures; a rule without any has none", () => {
  const own = ofRule(CURVE, "sudo");
  expect([own?.matches, own?.chains, own?.in_force]).toEqual([600, 2, 0.01]);
  expect(own?.points[1]).toEqual({
    share: 0.01,
    alerted: 8,
    low: 0,
    high: 0.2,
    caught: 1,
    by_models: 1,
    missed: 0.98,
  });
  expect(ofRule(CURVE, "other")).toBeNull();
});

test("the loudest rules come first, and silent ones not at all", () => {
  expect(loudest(CURVE.rules, 0, 8)).toEqual([["sudo", 2]]);
  expect(loudest(CURVE.rules, 1, 1)).toEqual([["curl", 12]]);
});

test("the table says what the chart draws", () => {
  const { columns, rows } = twinOf(CURVE);
  expect(rows).toHaveLength(3);
  expect(rows[1]).toHaveLength(columns.length);
  expect(rows[1]).toEqual([
    "1.0 % (in force)",
    "20",
    "2.0 %",
    "1.0 %",
    "4.0 %",
    "4 of 5",
    "66.0 %",
  ]);
});

test("a pace is told by the day, by the hour, or not at all", () => {
  expect(pace(90, 3)).toBe("30 a day");
  expect(pace(7, 2)).toBe("3.5 a day");
  expect(pace(275, 0.5 / 24)).toBe("550 an hour");
  expect(pace(5, 0)).toBe("–");
  expect([0.0209, 0.2, 3.456].map(daysText)).toEqual(["30 minutes", "5 hours", "3.5 days"]);
});

test("base rates name both times and how long each was seen", () => {
  const shift = { learned: 600, lately: 50, days_before: 3, days: 1, places: null };
  expect(baseRateText(shift)).toEqual({
    before: "200 a day: 600 in 3 days",
    lately: "50 a day: 50 in 24 hours",
  });
});

test("a shift is told by the usual bars, and few matches tell none", () => {
  expect(stabilityText(0.05)).toBe("as before (index 0.05)");
  expect(stabilityText(0.2)).toContain("somewhat");
  expect(stabilityText(0.9)).toContain("much");
  expect(stabilityText(null)).toBe("too few matches to say");
});

const WORD = {
  number: 1,
  alert: "a",
  title: "t",
  actor: "ana",
  second: null,
  verdict: "dismissed" as const,
  reason: "expected change",
  text: "",
  time: null,
  undone: null,
  undone_by: null,
  matches: 3,
  teaches: true,
  version: null,
  receipt: null,
};

test("a word reached training only if one came after it while it stood", () => {
  expect(learnedText(WORD)).toBe(
    "its matches count as expected; no training has come after it yet",
  );
  expect(learnedText({ ...WORD, version: 4 })).toContain("version 4 was trained after it");
  expect(learnedText({ ...WORD, teaches: false })).toContain("never teach");
  expect(learnedText({ ...WORD, undone: "2026-11-23T00:00:00Z" })).toBe(
    "taken back before any training",
  );
  const answer = { number: 1, match: "m", actor: "ana", text: "", time: null, version: 2 };
  expect(answerText({ ...answer, finding: "wanted" })).toBe(
    "nothing around it may teach; version 2 was trained after it",
  );
});

test("alerts of one rule are counted over all severities", () => {
  const kind = { status: "open" as const, severity: "high", alerts: 2 };
  const counts = [
    { ...kind, rule: "curl" },
    { ...kind, rule: "curl", severity: "low", alerts: 3 },
    { ...kind, rule: "sudo" },
  ];
  expect(countsOf(counts as never, "curl")).toEqual({ open: 5 });
});

test("an address names two versions; else the newest other one and the one in use", () => {
  const versions = [3, 2, 1].map((version) => ({ version, in_use: version === 2 }));
  const pair = (search: string) => pairOf(new URLSearchParams(search), versions);
  expect(pair("")).toEqual({ from: 3, to: 2 });
  expect(pair("from=1&to=3")).toEqual({ from: 1, to: 3 });
  expect(pair("from=9&to=odd")).toEqual({ from: 3, to: 2 });
  expect(pairOf(new URLSearchParams(), [{ version: 1, in_use: true }])).toEqual({ from: 1, to: 1 });
});

test("a comparison sums what moves and leaves out what stays", () => {
  const rule = {
    rule: "curl",
    matches: 9,
    before: 1,
    after: 3,
    silenced: 2,
    told: 0,
    examples: [],
  };
  const still = { ...rule, rule: "sudo", silenced: 0 };
  const told = { rules: [rule, still] } as unknown as Comparison;
  expect(moving(told)).toEqual([rule]);
  expect(sums(told)).toEqual({ silenced: 2, toldAnew: 0 });
  expect(exampleText(rule)).toContain("would be silenced");
  expect(exampleText({ ...rule, silenced: 0, told: 1 })).toContain("would alert");
});

test("attacks that alert for want of a model are not claimed for the models", () => {
  expect(alonesText(CURVE, POINTS[0] as never)).toContain("2 of them by the models' words alone");
  expect(alonesText(CURVE, POINTS[2] as never)).toBe(" All of them by the models' words alone.");
  expect(alonesText({ ...CURVE, chains: 0 }, POINTS[2] as never)).toBe("");
});

test("the axis of alerts ends at a round share above every interval", () => {
  expect(highest(CURVE)).toBe(0.4);
  const loud = { ...CURVE, points: POINTS.map((point) => ({ ...point, high: 0.97 })) };
  expect(highest(loud)).toBe(1);
});
