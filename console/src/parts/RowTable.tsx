/** Tables of rows as the server sums them up; every text of others is shown as such. */
import { Anchor, Table } from "@mantine/core";
import type { ReactNode } from "react";
import { Link } from "wouter";
import { Nothing } from "@/parts/Answer";
import { timeOf } from "@/parts/EventTable";
import { Foreign } from "@/parts/Foreign";
import { Moment } from "@/parts/times";

export type Row = Record<string, unknown>;

export const textOf = (row: Row, name: string): string | null =>
  row[name] === undefined || row[name] === null ? null : String(row[name]);

export const textsOf = (row: Row, name: string): string[] =>
  Array.isArray(row[name]) ? row[name].map(String) : [];

export interface Column {
  name: string;
  width?: number;
  cell: (row: Row) => ReactNode;
}

interface Props {
  label: string;
  none: string;
  rows: Row[];
  columns: Column[];
  idOf: (row: Row) => string;
}

export function RowTable({ label, none, rows, columns, idOf }: Props) {
  if (!rows.length) return <Nothing>{none}</Nothing>;
  return (
    <Table aria-label={label} layout="fixed">
      <Table.Thead>
        <Table.Tr>
          {columns.map(({ name, width }) => (
            <Table.Th key={name} w={width}>
              {name}
            </Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rows.map((row) => (
          <Table.Tr key={idOf(row)}>
            {columns.map(({ name, cell }) => (
              <Table.Td key={name}>{cell(row)}</Table.Td>
            ))}
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

export const moment = (name: string, column: string): Column => ({
  name,
  width: 160,
  cell: (row) => <Moment at={timeOf(row[column])} />,
});

export const foreign = (name: string, column: string, width?: number, mono = false): Column => ({
  name,
  width,
  cell: (row) => <Foreign text={textOf(row, column)} mono={mono} most={300} />,
});

export const count = (name: string, column: string, width = 90): Column => ({
  name,
  width,
  cell: (row) => <span className="number">{textOf(row, column)}</span>,
});

export const rules = (name: string, column: string, width?: number): Column => ({
  name,
  width,
  cell: (row) =>
    textsOf(row, column).map((rule, index) => (
      <span key={rule}>
        {index > 0 && ", "}
        <Anchor component={Link} size="sm" href={`/rules/${encodeURIComponent(rule)}`}>
          {rule}
        </Anchor>
      </span>
    )),
});
