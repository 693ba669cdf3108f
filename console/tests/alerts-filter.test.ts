import { describe, expect, it } from "vitest";
import { filterOf, typedChange } from "@/pages/alerts/filter";
import { changed } from "@/parts/url";

const url = (text: string) => new URLSearchParams(text);

describe("the filter of alerts", () => {
  it("shows what is still to be done unless the address says otherwise", () => {
    expect(filterOf(url("")).status).toEqual(["open"]);
    expect(filterOf(url("status=all")).status).toEqual([]);
    expect(filterOf(url("status=open&status=escalated")).status).toEqual(["open", "escalated"]);
  });

  it("reads fields and letters out of what is typed", () => {
    const { change, problem } = typedChange('severity:high workload:db rule:"a b" curl -s');
    expect(problem).toBeNull();
    expect(change).toEqual({ severity: ["high"], workload: "db", rule: "a b", q: "curl -s" });
  });

  it("takes an address with a colon for letters", () => {
    expect(typedChange("http://192.0.2.1/x").change).toEqual({ q: "http://192.0.2.1/x" });
  });

  it("names what there is where a word is none", () => {
    expect(typedChange("severity:huge").problem).toContain("critical, high");
    expect(typedChange("status:gone").problem).toContain("acknowledged");
  });

  it("takes nobody as an assignee", () => {
    expect(filterOf(url("assignee=")).assignee).toBe("");
  });
});

describe("a change of the address", () => {
  it("replaces, takes away and leaves the rest", () => {
    const next = changed(url("a=1&b=2&b=3"), { b: ["4", "5"], a: null });
    expect(next.toString()).toBe("b=4&b=5");
  });
});
