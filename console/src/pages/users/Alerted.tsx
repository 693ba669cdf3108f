/** What alerted on a person, the newest first: which rule, what was done, and in which alert it is. */
import { Anchor } from "@mantine/core";
import { Link } from "wouter";
import type { Schema } from "@/api/client";
import { summaryOf } from "@/parts/events";
import { Foreign } from "@/parts/Foreign";
import { bits } from "@/parts/numbers";
import { type Column, foreign, moment, RowTable, textOf } from "@/parts/RowTable";

const COLUMNS: Column[] = [
  moment("Time", "time"),
  {
    name: "Rule",
    width: 210,
    cell: (row) => <To page="rules" name={textOf(row, "rule_id")} />,
  },
  {
    name: "What",
    cell: (row) => <Foreign text={summaryOf(row)} mono most={300} />,
  },
  foreign("Host", "host", 120),
  {
    name: "Surprise",
    width: 90,
    cell: (row) => bits(typeof row.surprise === "number" ? row.surprise : null),
  },
  {
    name: "Alert",
    width: 90,
    cell: (row) => <To page="alerts" name={textOf(row, "alert")} said="its alert" />,
  },
];

export const Alerted = ({ acts }: { acts: Schema["ActsView"] }) => (
  <RowTable
    label="What alerted"
    none="No match of theirs alerted in this time."
    rows={acts.alerted}
    idOf={(row) => String(row.match_uid)}
    columns={COLUMNS}
  />
);

function To({ page, name, said }: { page: string; name: string | null; said?: string }) {
  if (!name) return null;
  return (
    <Anchor component={Link} size="sm" href={`/${page}/${encodeURIComponent(name)}`}>
      {said ?? <Foreign text={name} oneLine />}
    </Anchor>
  );
}
