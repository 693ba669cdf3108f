import { expect, test } from "vitest";
import { type Evidence, evidenceHtml, shown } from "@/pages/incidents/evidence";
import { graphOf, placed } from "@/pages/incidents/graph";
import type { Match } from "@/pages/incidents/incidents";
import { named } from "@/pages/incidents/names";
import { notesOf } from "@/pages/incidents/said";
import { chainOf } from "@/pages/incidents/tactics";
import { dotsOf } from "@/pages/incidents/timeline";
import { lastedText } from "@/pages/incidents/times";

const match = (uid: string, more: Partial<Match> = {}): Match =>
  ({
    uid,
    event: `event ${uid}`,
    event_at: null,
    rule: "curl_download",
    time: "2026-11-20T10:00:00Z",
    workload: "web",
    columns: { host: "web-1", user_name: "ana", process_path: "/usr/bin/curl" },
    decision: { outcome: "alerted", basis: "unexpected", surprise: 9 },
    alert: "a1",
    window: "",
    ...more,
  }) as Match;

const coverage = {
  rules: 1,
  tactics: [],
  without_technique: [],
  techniques: [
    {
      id: "T1105",
      rules: ["curl_download"],
      tactics: ["command-and-control"],
      parts: [],
    },
  ],
};

test("each match ties what it names to the next thing that it names", () => {
  const silent = { outcome: "suppressed", basis: "expected" } as Match["decision"];
  const { entities, ties } = graphOf([match("1"), match("2", { decision: silent })]);
  expect(entities.map((each) => [each.kind, each.name, each.matches, each.alerted])).toEqual([
    ["user", "ana", 2, 1],
    ["host", "web-1", 2, 1],
    ["process", "/usr/bin/curl", 2, 1],
  ]);
  expect(ties.map((tie) => [tie.from, tie.to, tie.matches, tie.alerted])).toEqual([
    ["user ana", "host web-1", 2, 1],
    ["host web-1", "process /usr/bin/curl", 2, 1],
  ]);
});

test("of a kind with too many the picture shows those with the most matches", () => {
  const { entities } = graphOf(
    [1, 2, 3].map((n) => match(`${n}`, { columns: { host: `web-${n % 2}` } })),
  );
  const { shown: drawn, leftOut } = placed(entities, 1);
  expect(drawn.map((each) => each.name)).toEqual(["web-1"]);
  expect(leftOut).toBe(1);
});

test("the chain is in the order of the first matches, and names rules without a technique", () => {
  const later = match("2", { rule: "unknown", time: "2026-11-20T11:00:00Z" });
  const { steps, without } = chainOf([later, match("1")], coverage);
  expect(steps.map((step) => [step.tactic, step.techniques, step.matches, step.alerted])).toEqual([
    ["command-and-control", ["T1105"], 1, 1],
  ]);
  expect(without).toEqual(["unknown"]);
});

test("what alerted is a diamond of its severity", () => {
  const alerts = [{ uid: "a1", severity: "high" }] as Parameters<typeof dotsOf>[1];
  const [dot] = dotsOf([match("1")], alerts);
  expect(dot).toMatchObject({ odd: true, severity: "high", surprise: 9 });
});

test("how long it lasted, also where times are missing or turned around", () => {
  expect(lastedText({ opened: null, last_time: null })).toBe("–");
  expect(lastedText({ opened: "2026-11-20T10:00:00Z", last_time: "2026-11-20T11:30:00Z" })).toBe(
    "1.5 h",
  );
  expect(lastedText({ opened: "2026-11-20T10:00:00Z", last_time: "2026-11-20T09:00:00Z" })).toBe(
    "0 s",
  );
});

test("words of people are in the order of their times, whatever else happened to the alerts", () => {
  const event = (action: string, time: string) => ({
    number: 1,
    actor: "ana",
    text: "",
    detail: null,
    action,
    time,
  });
  const alerts = [{ uid: "a" }, { uid: "b" }] as Parameters<typeof notesOf>[0];
  const notes = notesOf(alerts, [
    [event("comment", "2"), event("raise", "0")],
    [event("dismiss", "1")],
  ]);
  expect(notes.map((note) => [note.alert.uid, note.event.action])).toEqual([
    ["b", "dismiss"],
    ["a", "comment"],
  ]);
});

const HOSTILE = "</td><script>alert(1)</script><img src=x onerror=alert(1)>\u202e\u0000\"'&";

function evidence(): Evidence {
  const bad = match("1", {
    columns: { process_cmd_line: HOSTILE, host: HOSTILE },
    rule: HOSTILE,
    workload: HOSTILE,
  });
  const alert = {
    uid: "a1",
    title: HOSTILE,
    sentences: [HOSTILE],
    decision: { basis: HOSTILE },
    assignee: HOSTILE,
  } as unknown as Evidence["alerts"][number];
  return {
    incident: {
      uid: HOSTILE,
      opened: null,
      last_time: null,
      keys: [HOSTILE],
      alerts: 1,
      open: 1,
      matches: 1,
      risk: 70,
      hosts: [HOSTILE],
      rules: [HOSTILE],
      host_count: 31,
      rule_count: 1,
    },
    alerts: [alert],
    matches: [bad],
    complete: false,
    notes: [
      {
        alert,
        event: {
          number: 1,
          time: null,
          actor: HOSTILE,
          action: "comment",
          text: HOSTILE,
          detail: null,
        },
      },
    ],
    chain: chainOf([bad], coverage),
    records: [{ match: "1", event: { [HOSTILE]: HOSTILE, raw: { nested: HOSTILE } } }],
    recordsLeftOut: 3,
    made: "2026-11-20T10:00:00Z",
    by: HOSTILE,
    server: "http://localhost",
  };
}

test("evidence holds nothing that runs or hides, whatever a text says", () => {
  const page = evidenceHtml(evidence());
  expect(page).not.toMatch(/<script|<img|<iframe|<link|<a |javascript:|\son\w+\s*=\s*["']/i);
  expect(page.includes("\u202e") || page.includes("\0")).toBe(false);
  expect(page).toContain("&lt;script&gt;");
  expect(page).toContain("default-src 'none'");
  expect(page).toContain("The events of 3 more matches are not in this file.");
  expect(page).toContain("There are more matches than are listed here.");
});

test("megabytes are cut, and the cut is told", () => {
  const text = shown("x".repeat(3_000_000));
  expect(text.length).toBeLessThan(21_000);
  expect(text).toContain("characters more");
});

test("names that the server left out are counted", () => {
  expect(named(["web-1", "db-1"], 31)).toBe("web-1, db-1 and 29 more");
  expect(named(["web-1"], 1)).toBe("web-1");
});
