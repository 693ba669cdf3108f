/** An incident as one HTML file: no script, nothing loaded, every text of a stranger shown as text. Pure. */
import type { Schema } from "@/api/client";
import { summaryOf } from "@/parts/events";
import { cut, seen } from "@/parts/text";
import { named } from "./names";
import type { Note } from "./said";
import type { Chain } from "./tactics";

export interface Evidence {
  incident: Schema["IncidentView"];
  alerts: Schema["AlertView"][];
  matches: Schema["MatchView"][];
  complete: boolean; // whether all its matches are there
  notes: Note[];
  chain: Chain;
  records: { match: string; event: Record<string, unknown> }[]; // whole events of some matches
  recordsLeftOut: number;
  made: string; // when
  by: string;
  server: string;
}

const LONGEST = 20_000; // characters of one value

const ESCAPED: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** A text as markup that shows it, each control and bidirectional character by its name. */
export function shown(value: unknown): string {
  if (Array.isArray(value)) return value.map(shown).join("\n"); // lines of ours
  const text =
    typeof value === "string"
      ? value
      : value === null || value === undefined
        ? ""
        : JSON.stringify(value);
  const short = cut(text, LONGEST);
  const left = text.length - short.length;
  const escaped = seen(short).replace(/[&<>"']/g, (letter) => ESCAPED[letter] ?? "");
  return left ? `${escaped} <i>… and ${left} characters more</i>` : escaped;
}

const row = (cells: unknown[]): string =>
  `<tr>${cells.map((cell) => `<td>${shown(cell)}</td>`).join("")}</tr>`;

function table(columns: string[], rows: unknown[][]): string {
  if (!rows.length) return "<p>None.</p>";
  const head = columns.map((name) => `<th scope="col">${shown(name)}</th>`).join("");
  return `<table><thead><tr>${head}</tr></thead><tbody>${rows.map(row).join("\n")}</tbody></table>`;
}

const facts = (of: [string, unknown][]): string =>
  `<dl>${of.map(([name, value]) => `<dt>${shown(name)}</dt><dd>${shown(value)}</dd>`).join("")}</dl>`;

const section = (title: string, body: string): string =>
  `<section><h2>${shown(title)}</h2>\n${body}\n</section>`;

const STYLE = `body{font:13px/1.5 system-ui,sans-serif;max-width:75rem;margin:2rem auto;padding:0 1rem;color:#1a1d21;background:#fff}
h1{font-size:1.4rem}h2{font-size:1.1rem;border-bottom:1px solid #ccc;margin-top:2rem}h3{font-size:.95rem;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%}th,td{border:1px solid #ddd;padding:3px 6px;text-align:left;vertical-align:top;overflow-wrap:anywhere;white-space:pre-wrap}
dl{display:grid;grid-template-columns:12rem 1fr;gap:2px 10px}dt{color:#555;overflow-wrap:anywhere}dd{margin:0;overflow-wrap:anywhere;white-space:pre-wrap}`;

// Nothing may run or be loaded even if a text were markup after all.
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

export function evidenceHtml(told: Evidence): string {
  const { incident } = told;
  const title = `Incident ${incident.uid}`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>${shown(title)}</title><style>${STYLE}</style></head><body>
<h1>${shown(title)}</h1>
<p>Made ${shown(told.made)} by ${shown(told.by)} from the API of ${shown(told.server)}. All times are UTC. Characters
that do not show as themselves stand as their names, such as ⟨U+202E⟩ and ⏎.</p>
${section("The incident", facts(factsOf(told)))}
${section("Alerts", alertsOf(told))}
${section("Timeline", `${told.complete ? "" : "<p>There are more matches than are listed here.</p>"}${timelineOf(told)}`)}
${section("ATT&CK chain", chainTable(told.chain))}
${section("What people said", notesTable(told.notes))}
${section("Events", recordsOf(told))}
</body></html>
`;
}

const factsOf = ({ incident }: Evidence): [string, unknown][] => [
  ["opened", incident.opened],
  ["last match", incident.last_time],
  ["risk", Math.round(incident.risk)],
  ["alerts", `${incident.alerts}, ${incident.open} wait for a word`],
  ["matches in alerts", incident.matches],
  ["machines", named(incident.hosts, incident.host_count)],
  ["rules", named(incident.rules, incident.rule_count)],
  ["tied by", incident.keys],
];

function alertsOf({ alerts }: Evidence): string {
  if (!alerts.length) return "<p>None.</p>";
  return alerts
    .map(
      (alert) =>
        `<h3>${shown(alert.title)}</h3>${facts([
          ["alert", alert.uid],
          [
            "severity, risk, status",
            `${alert.severity}, ${Math.round(alert.risk)}, ${alert.status}`,
          ],
          ["rule", alert.rule],
          ["workload, host", `${alert.workload}, ${alert.host}`],
          [
            "first and last match",
            `${alert.first_time} to ${alert.last_time}, ${alert.count} in all`,
          ],
          ["raised", alert.raised],
          ["assignee", alert.assignee ?? "nobody"],
          ["why", alert.sentences],
          ["decided by", JSON.stringify(alert.decision, null, 1).split("\n")],
        ])}`,
    )
    .join("\n");
}

const timelineOf = ({ matches }: Evidence): string =>
  table(
    ["Time", "Decided", "Because", "Probability", "Rule", "What", "Workload", "Match"],
    matches.map((match) => [
      match.time,
      match.decision?.outcome ?? "not judged",
      match.decision?.basis ?? "",
      match.decision?.probability ?? "",
      match.rule,
      summaryOf(match.columns),
      match.workload,
      match.uid,
    ]),
  );

const chainTable = ({ steps, without }: Chain): string =>
  table(
    ["First match", "Tactic", "Techniques", "Rules", "Matches", "Alerted"],
    steps.map((each) => [
      each.first,
      each.tactic,
      each.techniques.join(", "),
      each.rules.join(", "),
      each.matches,
      each.alerted,
    ]),
  ) + (without.length ? `<p>Without a technique: ${shown(without.join(", "))}</p>` : "");

const notesTable = (notes: Note[]): string =>
  table(
    ["Time", "Who", "Did", "What they said", "On the alert"],
    notes.map(({ alert, event }) => [
      event.time,
      event.actor,
      event.action,
      event.text,
      alert.title,
    ]),
  );

function recordsOf({ records, recordsLeftOut }: Evidence): string {
  const told = records.map(
    ({ match, event }) =>
      `<h3>Match ${shown(match)}</h3>${facts(Object.entries(event).filter(([, value]) => value !== null && value !== ""))}`,
  );
  const rest = recordsLeftOut
    ? `<p>The events of ${recordsLeftOut} more matches are not in this file.</p>`
    : "";
  return told.length || rest ? `${told.join("\n")}${rest}` : "<p>None is left in the lake.</p>";
}
