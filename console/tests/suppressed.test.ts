import { expect, test } from "vitest";
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
