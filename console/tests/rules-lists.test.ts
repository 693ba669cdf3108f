import { describe, expect, it } from "vitest";
import { rulesOf, type Technique } from "@/pages/rules/coverage";
import { copied, nameIn, SKELETON } from "@/pages/rules/newRule";
import type { Rule } from "@/pages/rules/queries";
import { isWanted, type Row, sorted } from "@/pages/rules/sorting";
import { byReason } from "@/pages/rules/worth";
import { courseText, historyOf } from "@/parts/course";

const row = (id: string, lately: number, matches: number): Row =>
  ({ rule: { id }, lately, done: { matches } }) as unknown as Row;

describe("the list of rules", () => {
  it("stands by volume, and by name where that is the same", () => {
    const rows = [row("b", 1, 9), row("a", 1, 5), row("c", 7, 1)];
    const ids = (found: Row[]) => found.map((each) => each.rule.id);
    expect(ids(sorted(rows, "lately", true))).toEqual(["c", "a", "b"]);
    expect(ids(sorted(rows, "matches", true))).toEqual(["b", "a", "c"]);
  });

  it("holds a technique's parts, too, but no other that begins alike", () => {
    const of = (technique: string): Row =>
      ({
        rule: { id: "r", title: "t", techniques: [technique], enabled: true } as unknown as Rule,
        done: undefined,
        lately: 0,
      }) as Row;
    const wanted = {
      q: "",
      show: "all",
      level: null,
      decided: null,
      pack: null,
      technique: "t1059",
    };
    expect(isWanted(of("T1059.004"), wanted)).toBe(true);
    expect(isWanted(of("T10590"), wanted)).toBe(false);
  });
});

describe("a course", () => {
  const course = { matches: [5, 4], alerted: [1, 0], suppressed: [2, 1] };

  it("knows what nobody judged", () => {
    expect(historyOf(course)).toEqual([2, 3]);
    expect(courseText(course)).toBe("9 matches: 1 alerted, 3 suppressed, 5 not judged");
  });
});

describe("rules of a technique", () => {
  const technique = {
    id: "T1105",
    rules: ["on", "quiet"],
    tested: ["on"],
    telemetry: ["on"],
    blind: ["quiet"],
  } as unknown as Technique;

  it("are told with the disabled ones, and by what they matched", () => {
    const rules = [
      { id: "off", enabled: false, techniques: ["T1105.001"] },
      { id: "other", enabled: false, techniques: ["T11050"] },
      { id: "on", enabled: true, techniques: ["T1105"] },
    ];
    const done = [{ id: "on", matches: 4, alerts: 2, last: null }];
    const found = rulesOf(technique, rules, done);
    expect(found.map(({ id, enabled, telemetry }) => [id, enabled, telemetry])).toEqual([
      ["on", true, "comes in"],
      ["off", false, "not known"],
      ["quiet", true, "none comes in"],
    ]);
  });

  it("wait for telemetry only where they are on", () => {
    const cannot = { reachable: false, reason: "none" };
    const found = byReason({ a: { ...cannot, enabled: true }, b: { ...cannot, enabled: false } });
    expect(found).toEqual([["none", ["a"]]]);
  });
});

describe("a new rule", () => {
  it("has the name that its text says", () => {
    expect(nameIn(SKELETON)).toBe("a_name_for_it");
    expect([nameIn("name: 'quoted'"), nameIn("title: x")]).toEqual(["quoted", ""]);
  });

  it("of another has a name and an id of its own", () => {
    const found = copied("title: T\nname: one\nid: old\n", "one", "new");
    expect(found).toBe("title: T\nname: own_one\nid: new\n");
    expect(copied("title: T\nid: old\n", "one", "new")).toMatch(/^name: own_one\n/);
  });
});
