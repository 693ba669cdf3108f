import { describe, expect, it } from "vitest";
import { byWorth, type Candidate, candidatesOf, volumesOf, volumeText } from "@/pages/rules/worth";
import type { WhatIf } from "@/parts/whatif";

const DAY = 86_400_000;

const rule = (id: string, enabled: boolean, techniques: string[], level = "medium") => ({
  id,
  title: id,
  level,
  decided_by: "model",
  techniques,
  enabled,
});

const candidate = (id: string, more: Partial<Candidate>): Candidate => ({
  id,
  title: id,
  level: "medium",
  decidedBy: "model",
  can: true,
  reason: "",
  only: [],
  volumes: null,
  ...more,
});

const told = (days: number, alerts: number): WhatIf =>
  ({
    period: { first: 0, last: days * DAY, events: 1, matches: { before: 0, after: 50 } },
    rules: [
      {
        rule: "asked",
        edit: "added",
        matches: { before: 0, after: 50 },
        suppressed: { before: 0, after: 50 - alerts },
        alerts: { before: 0, after: alerts },
      },
    ],
  }) as unknown as WhatIf;

describe("what a disabled rule would do", () => {
  it("is told a day, if there is a day of history", () => {
    const found = volumesOf(told(2, 10), "asked");
    expect(found).toEqual({ matches: 50, suppressed: 40, alerts: 10, aDay: 5 });
    expect(volumeText(found)).toBe("about 5.0 alerts a day");
    const short = volumesOf(told(0.5, 1), "asked");
    expect(volumeText(short)).toBe("1 alert in less than a day of history");
  });

  it("is nothing for a rule that matched nothing", () => {
    expect(volumeText(volumesOf(told(2, 10), "other"))).toBe("nothing matched in the past");
  });
});

describe("candidates", () => {
  it("are the disabled rules, with the techniques that no rule in use names", () => {
    const rules = [rule("on", true, ["T1059"]), rule("off", false, ["T1059", "T1105"])];
    const reach = {
      rules: { off: { reachable: false, reason: "no events", enabled: false } },
      events: 1,
      since: null,
      complete: true,
    };
    const [found, ...rest] = candidatesOf(rules, reach, () => null);
    expect(rest).toEqual([]);
    expect(found).toMatchObject({ id: "off", can: false, reason: "no events", only: ["T1105"] });
  });

  it("are not known to match before that was looked at", () => {
    const [found] = candidatesOf([rule("off", false, [])], undefined, () => null);
    expect(found?.can).toBeNull();
  });

  it("stand by worth: can match, techniques of its own, severity, few alerts", () => {
    const volumes = (alerts: number) => ({ matches: 9, suppressed: 0, alerts, aDay: null });
    const found = byWorth([
      candidate("blind", { can: false, only: ["T1"], level: "critical" }),
      candidate("loud", { level: "high", volumes: volumes(9) }),
      candidate("quiet", { level: "high", volumes: volumes(1) }),
      candidate("unknown", { can: null, level: "critical" }),
      candidate("own", { only: ["T2"], level: "low" }),
      candidate("weak", { level: "low" }),
    ]);
    expect(found.map(({ id }) => id)).toEqual(["own", "quiet", "loud", "weak", "unknown", "blind"]);
  });
});
