/** Columns of the list of rules. */
import { Badge } from "@mantine/core";
import type { Schema } from "@/api/client";
import { Foreign } from "@/parts/Foreign";
import type { Column } from "@/parts/Grid";
import { counted, percent } from "@/parts/numbers";
import { Sparkline } from "@/parts/Sparkline";
import { Severity } from "@/parts/severity";
import { Moment } from "@/parts/times";
import { COURSE_DAYS, type Rule } from "./queries";
import type { Row, Sort } from "./sorting";

interface Sorting {
  by: Sort;
  descending: boolean;
  ask: (by: Sort) => void;
}

export function columnsOf(
  courses: Schema["CoursesView"] | undefined,
  { by, descending, ask }: Sorting,
): Column<Row>[] {
  const order = (column: Sort): Column<Row>["sort"] => ({
    by: column,
    order: column !== by ? "none" : descending ? "descending" : "ascending",
    ask: () => ask(column),
  });
  return [
    {
      name: "Rule",
      width: "minmax(11rem, 2fr)",
      sort: order("rule"),
      cell: ({ rule }) => <Foreign text={rule.id} oneLine />,
    },
    {
      name: "Title",
      width: "minmax(12rem, 3fr)",
      cell: ({ rule }) => <Foreign text={rule.title} oneLine />,
    },
    { name: "Level", width: "7.5rem", cell: ({ rule }) => <Severity severity={rule.level} /> },
    { name: "Decided by", width: "6.6rem", cell: ({ rule }) => <DecidedBy rule={rule} /> },
    {
      name: `${COURSE_DAYS} days`,
      width: "6.4rem",
      sort: order("lately"),
      cell: ({ rule }) => <Course rule={rule} courses={courses} />,
    },
    {
      name: "Matches",
      width: "5.6rem",
      right: true,
      sort: order("matches"),
      cell: ({ done }) => (done ? counted(done.matches) : "–"),
    },
    {
      name: "Suppressed",
      width: "6.4rem",
      right: true,
      sort: order("suppressed"),
      cell: ({ done }) =>
        done?.share_suppressed === null || done === undefined
          ? "–"
          : percent(done.share_suppressed),
    },
    {
      name: "Alerts",
      width: "5rem",
      right: true,
      sort: order("alerts"),
      cell: ({ done }) => (done ? counted(done.alerts) : "–"),
    },
    {
      name: "Last match",
      width: "8.8rem",
      sort: order("last"),
      cell: ({ done }) => <Moment at={done?.last} short />,
    },
  ];
}

function Course({ rule, courses }: { rule: Rule; courses: Schema["CoursesView"] | undefined }) {
  const course = courses?.rules[rule.id];
  if (!course) return <span className="quiet">–</span>;
  return <Sparkline of={rule.id} course={course} time={`in ${COURSE_DAYS} days`} />;
}

const COLOURS: Record<string, string> = { model: "grape", correlation: "cyan" };

export function DecidedBy({ rule }: { rule: Rule }) {
  if (!rule.enabled) return <Badge color="gray">disabled</Badge>;
  return <Badge color={COLOURS[rule.decided_by] ?? "blue"}>{rule.decided_by}</Badge>;
}
