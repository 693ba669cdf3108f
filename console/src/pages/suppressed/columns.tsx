/** The columns of the list of suppressed matches. */
import { summaryOf } from "@/parts/events";
import { Foreign } from "@/parts/Foreign";
import type { Column } from "@/parts/Grid";
import { bits, percent } from "@/parts/numbers";
import { Moment } from "@/parts/times";
import type { Match } from "./matches";

const textOf = (match: Match, ...names: string[]): string => {
  for (const name of names) {
    const value = match.columns[name];
    if (typeof value === "string" && value) return value;
  }
  return "";
};

export const personOf = (match: Match): string =>
  textOf(match, "user_name", "process_user_name", "auth_account", "user_uid");

export const MATCH_COLUMNS: Column<Match>[] = [
  { name: "Time", width: "8.4rem", cell: (row) => <Moment at={row.time} short /> },
  {
    name: "Rule",
    width: "minmax(8rem, 1.5fr)",
    cell: (row) => <Foreign text={row.rule} oneLine />,
  },
  {
    name: "What",
    width: "minmax(14rem, 4fr)",
    cell: (row) => <Foreign text={summaryOf(row.columns)} mono oneLine />,
  },
  {
    name: "Workload",
    width: "minmax(6rem, 1fr)",
    cell: (row) => <Foreign text={row.workload} oneLine />,
  },
  { name: "User", width: "6rem", cell: (row) => <Foreign text={personOf(row)} oneLine /> },
  {
    name: "As odd",
    width: "4.6rem",
    right: true,
    cell: (row) => (row.decision?.probability == null ? "–" : percent(row.decision.probability)),
  },
  { name: "Surprise", width: "4.6rem", right: true, cell: (row) => bits(row.decision?.surprise) },
  {
    name: "Because",
    width: "minmax(7rem, 1fr)",
    cell: (row) => row.decision?.basis ?? "not judged",
  },
  { name: "Alert", width: "4.4rem", cell: (row) => (row.alert ? "in one" : "") },
];
