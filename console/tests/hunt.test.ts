import { describe, expect, it } from "vitest";
import { tellingColumns } from "@/pages/hunt/columns";
import { barsOf, courseSql } from "@/pages/hunt/course";
import { andAlso, within } from "@/parts/words";

describe("the course of an answer", () => {
  it("lies around any statement, also one that ends in a comment or a semicolon", () => {
    expect(courseSql("SELECT time FROM events;")).toContain("(\nSELECT time FROM events\n)");
    expect(courseSql("SELECT 1 -- why")).toContain("-- why\n)");
  });

  it("has a bar for every part of the span, and each millisecond in one of them", () => {
    const bars = barsOf([
      { first: 1_000, last: 61_000, bar: 0, n: 2 },
      { first: 1_000, last: 61_000, bar: 59, n: 1 },
    ]);
    expect(bars).toHaveLength(60);
    expect(bars[0]?.from).toBe(1_000);
    expect(bars.at(-1)?.until).toBe(61_001);
    expect(bars.map((bar) => bar.parts.rows).filter(Boolean)).toEqual([2, 1]);
    bars.slice(1).forEach((bar, index) => {
      expect(bar.from).toBe(bars[index]?.until);
    });
  });

  it("has no bar without a millisecond when the span is short", () => {
    const bars = barsOf([{ first: 5, last: 14, bar: 0, n: 1 }]);
    expect(bars.every((bar) => bar.until > bar.from)).toBe(true);
    expect(bars).toHaveLength(10);
  });
});

describe("words", () => {
  it("take another span in place of the one that stood there", () => {
    const day = Date.UTC(2026, 10, 21);
    const once = within("cmd:curl", day, day + 1_000);
    expect(once).toBe("cmd:curl time:[2026-11-21T00:00:00.000 TO 2026-11-21T00:00:00.999]");
    expect(within(once, day, day + 1_000)).toBe(once);
  });

  it("keep their meaning when a term is added to alternatives", () => {
    expect(andAlso("a OR b", 'host:"x"')).toBe('(a OR b) host:"x"');
    expect(andAlso("a b", '-host:"x"')).toBe('a b -host:"x"');
    expect(andAlso("", "host:x")).toBe("host:x");
    expect(andAlso("(a OR b) c", "d")).toBe("((a OR b) c) d");
  });
});

describe("the columns of found events", () => {
  it("are those that have a value, the telling ones first, none lost that has one", () => {
    const names = ["tenant", "stream", "time", "host", "process_cmd_line", "status_id", "dst_ip"];
    const rows = [
      { tenant: "default", stream: "web-1/0", time: 1, host: "web-1", status_id: 0, dst_ip: "" },
      { tenant: "default", stream: "web-1/0", time: 2, process_cmd_line: "id", labels: [] },
    ];
    const shown = ["time", "host", "process_cmd_line", "status_id", "stream", "tenant"];
    expect(tellingColumns(names, rows)).toEqual(shown);
    expect(tellingColumns(names, [])).toEqual([]);
  });
});
