import { expect, test } from "vitest";
import { intervalText, rateText } from "@/pages/suppressed/found";
import { typedChange, wantedOf } from "@/pages/suppressed/wanted";

test("an address says which matches are meant", () => {
  const url = new URLSearchParams("rule=curl&basis=expected&from=2026-11-01&match=x&odd=1");
  expect(wantedOf(url)).toEqual({ rule: "curl", basis: "expected", from: "2026-11-01" });
  expect(wantedOf(new URLSearchParams("basis=unexpected"))).toEqual({});
});

test("typed words name fields, and a value may hold spaces", () => {
  expect(typedChange('rule:curl workload:"web shop"')).toEqual({
    change: { rule: "curl", workload: "web shop" },
    problem: null,
  });
});

test("a word that names no field is told", () => {
  expect(typedChange("curl").problem).toContain("“curl”");
  expect(typedChange("colour:red").problem).toContain("rule, workload");
  expect(typedChange("rule:").problem).not.toBeNull();
});

test("an audit claims no more than was looked at", () => {
  const audit = { population: 900, drawn: 0, wanted: 0, skipped: 0, low: 0, high: 1 };
  expect([rateText(audit), intervalText(audit)]).toEqual(["not looked at yet", "0 % to 100 %"]);
  const looked = { ...audit, drawn: 40, wanted: 1, skipped: 2, low: 0.0011, high: 0.17 };
  expect(rateText(looked)).toBe("2.5 % (1 of 40 drawn, 2 skipped)");
  expect(intervalText(looked)).toBe("0.11 % to 17.0 %");
});
