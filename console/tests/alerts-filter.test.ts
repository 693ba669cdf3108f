import { describe, expect, it } from "vitest";
import { filterOf, mayFit, typedChange } from "@/pages/alerts/filter";
import { changed, decoded } from "@/parts/url";

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

describe("what an alert that arrives is counted for", () => {
  const alert = { status: "open", severity: "high", title: "curl ran: curl -s x" };

  it("is a filter that it may fit, by what the stream tells of it", () => {
    expect(mayFit(filterOf(url("")), alert)).toBe(true);
    expect(mayFit(filterOf(url("q=CURL&severity=high")), alert)).toBe(true);
    expect(mayFit(filterOf(url("severity=low")), alert)).toBe(false);
    expect(mayFit(filterOf(url("status=dismissed")), alert)).toBe(false);
    expect(mayFit(filterOf(url("q=wget")), alert)).toBe(false);
  });
});

describe("an address", () => {
  it("keeps an empty text where that says something: nobody has taken it", () => {
    expect(changed(url(""), { assignee: "", rule: "" }).toString()).toBe("assignee=");
    expect(filterOf(changed(url(""), { assignee: "" })).assignee).toBe("");
  });

  it("is decoded once, and what is no encoding stays as it is", () => {
    expect(decoded("100%25")).toBe("100%");
    expect(decoded("a%2541")).toBe("a%41");
    expect(decoded("100%")).toBe("100%");
  });

  it("has a day that is typed as its begin", () => {
    expect(typedChange("from:2026-11-01").change.from).toBe("2026-11-01T00:00:00Z");
    expect(typedChange("from:2026-11-01T07:00:00Z").change.from).toBe("2026-11-01T07:00:00Z");
  });
});
