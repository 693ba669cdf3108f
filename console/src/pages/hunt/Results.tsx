import { Modal } from "@mantine/core";
import { useMemo, useState } from "react";
import { Nothing } from "@/parts/Answer";
import { EventFacts } from "@/parts/EventFacts";
import { Foreign } from "@/parts/Foreign";
import { type Column, Grid } from "@/parts/Grid";
import { Moment } from "@/parts/times";
import { roomOf, tellingColumns } from "./columns";
import type { Result } from "./hunt";

type Row = { id: string; values: Record<string, unknown> };

const TIMES = new Set(["time", "ingested_time", "first_time", "last_time"]);

/** Rows of an answer; one that is opened is shown whole, with the ways on from its values.
 * The columns are those of the question where that named them (`asAsked`), else the telling ones. */
export function Results({ result, asAsked }: { result: Result; asAsked: boolean }) {
  const [at, setAt] = useState(0);
  const [shown, setShown] = useState<Row | null>(null);
  const rows = useMemo<Row[]>(
    () => result.rows.map((values, index) => ({ id: String(index), values })),
    [result],
  );
  const names = useMemo(() => {
    const asked = result.columns.map((column) => column.name);
    return asAsked ? asked : tellingColumns(asked, result.rows);
  }, [result, asAsked]);
  const columns = useMemo(() => names.map(columnOf), [names]);
  if (!rows.length) return <Nothing>Nothing is like that.</Nothing>;
  return (
    <>
      <Grid
        label="Results"
        rows={rows}
        columns={columns}
        idOf={(row) => row.id}
        at={at}
        move={setAt}
        open={setShown}
        height="min(60dvh, 40rem)"
        least={`${names.reduce((sum, name) => sum + roomOf(name), 0)}rem`}
      />
      <Modal opened={shown !== null} onClose={() => setShown(null)} title="Row" size="xl">
        {shown && <EventFacts event={shown.values} />}
      </Modal>
    </>
  );
}

function columnOf(name: string): Column<Row> {
  return {
    name,
    width: `minmax(${roomOf(name) - 1}rem, ${roomOf(name)}fr)`,
    cell: ({ values }) => {
      const value = values[name];
      if (TIMES.has(name) && typeof value === "number") {
        return <Moment at={new Date(value).toISOString()} />;
      }
      return <Foreign text={asText(value)} oneLine mono={typeof value === "string"} />;
    },
  };
}

const asText = (value: unknown): string | null => {
  if (value === null || value === undefined) return null;
  return typeof value === "string" ? value : JSON.stringify(value);
};
