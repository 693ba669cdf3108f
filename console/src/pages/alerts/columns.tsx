/** The columns of the list of alerts. */
import { Foreign } from "@/parts/Foreign";
import type { Column } from "@/parts/Grid";
import { bits, whole } from "@/parts/numbers";
import { Risk, Severity, Status } from "@/parts/severity";
import { Moment } from "@/parts/times";
import type { AlertRow, Sort } from "./alerts";

export function alertColumns(sort: Sort, ask: (sort: Sort) => void): Column<AlertRow>[] {
  const byTime = { "-time": "descending", time: "ascending", "-risk": "none" } as const;
  return [
    {
      name: "Time",
      width: "8.4rem",
      sort: {
        by: "time",
        order: byTime[sort],
        ask: () => ask(sort === "-time" ? "time" : "-time"),
      },
      cell: (row) => <Moment at={row.first_time} short />,
    },
    { name: "Severity", width: "6.4rem", cell: (row) => <Severity severity={row.severity} /> },
    {
      name: "Alert",
      width: "minmax(14rem, 9fr)",
      cell: (row) => <Foreign text={row.title} oneLine />,
    },
    {
      name: "Workload",
      width: "minmax(4.6rem, 1fr)",
      cell: (row) => <Foreign text={row.workload} oneLine />,
    },
    {
      name: "Host",
      width: "minmax(4.6rem, 1fr)",
      cell: (row) => <Foreign text={row.host} oneLine />,
    },
    { name: "Surprise", width: "4.6rem", right: true, cell: (row) => bits(row.surprise) },
    {
      name: "Risk",
      width: "5.6rem",
      sort: {
        by: "risk",
        order: sort === "-risk" ? "descending" : "none",
        ask: () => ask("-risk"),
      },
      cell: (row) => <Risk risk={row.risk} severity={row.severity} />,
    },
    { name: "Matches", width: "4.4rem", right: true, cell: (row) => whole(row.count) },
    { name: "Status", width: "6.6rem", cell: (row) => <Status status={row.status} /> },
    { name: "Assignee", width: "5rem", cell: (row) => <Foreign text={row.assignee} oneLine /> },
  ];
}
