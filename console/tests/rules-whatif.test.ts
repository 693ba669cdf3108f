import { describe, expect, it } from "vitest";
import {
  differenceText,
  movesText,
  pairText,
  recallText,
  suppressedOf,
  type WhatIf,
} from "@/parts/whatif";

const side = (caught: number, chains = 13, upper = 0.206) => ({ chains, caught, upper });
const recall = (before: number, after: number, chains = 13): WhatIf["recall"] => ({
  before: side(before, chains),
  after: side(after, chains),
  lost: Array.from({ length: Math.max(0, before - after) }, (_, n) => `lost-${n}`),
  won: Array.from({ length: Math.max(0, after - before) }, (_, n) => `won-${n}`),
  impossible: [],
});
const answer = (more: Partial<WhatIf>): WhatIf =>
  ({
    alerts: { before: 830, after: 804 },
    added: 0,
    removed: 26,
    changed: 3,
    recall: recall(13, 13),
    ...more,
  }) as WhatIf;

describe("what an edit moves", () => {
  it("is a difference with its sign, and both numbers", () => {
    expect(differenceText({ before: 5, after: 1_005 })).toBe("+1,000");
    expect(differenceText({ before: 12, after: 0 })).toBe("−12");
    expect(differenceText({ before: 7, after: 7 })).toBe("no change");
    expect([pairText({ before: 1, after: 2 }), pairText({ before: 3, after: 3 })]).toEqual([
      "1 → 2",
      "3",
    ]);
  });

  it("is said in a line, with the attacks that it loses", () => {
    expect(movesText(answer({}))).toBe(
      "alerts 830 → 804 (0 added, 26 removed, 3 changed); 0 of 13 recorded attacks lost",
    );
    expect(movesText(answer({ recall: recall(13, 11) }))).toContain(
      "2 of 13 recorded attacks lost",
    );
    expect(movesText(answer({ removed: 0, changed: 0 }))).toMatch(/^no alert of the past comes/);
  });

  it("does not say that nothing is lost where nothing is known", () => {
    expect(movesText(answer({ recall: recall(0, 0, 0) }))).toContain("nothing is known");
    expect(recallText(recall(0, 0, 0))).toContain("nothing is known of them");
  });

  it("tells what may hide behind the recorded attacks", () => {
    expect(recallText(recall(13, 12))).toBe(
      "12 of 13 recorded attacks would be told of (before: 13; 1 lost, 0 won). " +
        "Of attacks like these up to 20.6 % may be missed (95 % bound).",
    );
  });

  it("sums what models suppress over the rules that change", () => {
    const of = (before: number, after: number) => ({ suppressed: { before, after } });
    const rules = [of(1_369, 12), of(1_461, 1_464)] as WhatIf["rules"];
    expect(suppressedOf(rules)).toEqual({ before: 2_830, after: 1_476 });
  });
});
