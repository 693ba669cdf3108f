/** What a person did: tables of commands, programs, logins, sessions and files. */
import { Anchor, Badge, Table } from "@mantine/core";
import type { ReactNode } from "react";
import { Link } from "wouter";
import type { Schema } from "@/api/client";
import { Nothing } from "@/parts/Answer";
import { timeOf } from "@/parts/EventTable";
import { Foreign } from "@/parts/Foreign";
import { Moment } from "@/parts/times";

type Acts = Schema["ActsView"];
type Row = Record<string, unknown>;

const text = (row: Row, name: string): string | null =>
  row[name] === undefined || row[name] === null ? null : String(row[name]);

const list = (row: Row, name: string): string[] =>
  Array.isArray(row[name]) ? row[name].map(String) : [];

interface Column {
  name: string;
  width?: number;
  cell: (row: Row) => ReactNode;
}

interface ListProps {
  label: string;
  none: string;
  rows: Row[];
  columns: Column[];
  idOf: (row: Row) => string;
}

function List({ label, none, rows, columns, idOf }: ListProps) {
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

const moment = (name: string, column: string): Column => ({
  name,
  width: 160,
  cell: (row) => <Moment at={timeOf(row[column])} />,
});

const foreign = (name: string, column: string, width?: number, mono = false): Column => ({
  name,
  width,
  cell: (row) => <Foreign text={text(row, column)} mono={mono} most={300} />,
});

const count = (name: string, column: string, width = 90): Column => ({
  name,
  width,
  cell: (row) => <span className="number">{text(row, column)}</span>,
});

const rules = (name: string, column: string, width?: number): Column => ({
  name,
  width,
  cell: (row) =>
    list(row, column).map((rule, index) => (
      <span key={rule}>
        {index > 0 && ", "}
        <Anchor component={Link} size="sm" href={`/rules/${encodeURIComponent(rule)}`}>
          {rule}
        </Anchor>
      </span>
    )),
});

const byPlace = (row: Row): string => `${row.stream} ${row.seq}`;

export const Commands = ({ acts }: { acts: Acts }) => (
  <List
    label="Commands"
    none="No command of theirs is known."
    rows={acts.commands}
    idOf={byPlace}
    columns={[
      moment("Time", "time"),
      foreign("Command", "process_cmd_line", undefined, true),
      foreign("Host", "host", 120),
      foreign("As", "process_user_uid", 70),
      foreign("Session", "session_uid", 80),
      rules("Rules that matched", "labels", 240),
    ]}
  />
);

export const Programs = ({ acts }: { acts: Acts }) => (
  <List
    label="Programs"
    none="No program of theirs is known."
    rows={acts.programs}
    idOf={(row) => String(row.process_path)}
    columns={[
      foreign("Program", "process_path", undefined, true),
      count("Processes", "processes"),
      count("Hosts", "hosts", 70),
      moment("Last run", "last_time"),
      foreign("Last command", "last_cmd_line", undefined, true),
    ]}
  />
);

export const Logins = ({ acts }: { acts: Acts }) => (
  <List
    label="Logins"
    none="No login of theirs is known."
    rows={acts.logins}
    idOf={byPlace}
    columns={[
      moment("Time", "time"),
      foreign("What", "event_type", 110),
      foreign("Account", "auth_account", 110),
      foreign("Host", "host", 120),
      foreign("From", "src_ip", 150),
      foreign("Service", "auth_service"),
      {
        name: "Result",
        width: 90,
        cell: (row) =>
          row.status_id === 2 ? (
            <Badge color="red">failed</Badge>
          ) : (
            <span className="quiet">good</span>
          ),
      },
    ]}
  />
);

export const Sessions = ({ acts }: { acts: Acts }) => (
  <List
    label="Sessions"
    none="No session of theirs is known."
    rows={acts.sessions}
    idOf={(row) => `${row.stream} ${row.session_uid}`}
    columns={[
      foreign("Session", "session_uid", 110, true),
      foreign("Host", "host", 120),
      moment("From", "first_time"),
      moment("To", "last_time"),
      count("Events", "events", 80),
      rules("Rules that matched", "rules"),
    ]}
  />
);

export const Files = ({ acts }: { acts: Acts }) => (
  <List
    label="Files"
    none="No file is known that they touched."
    rows={acts.files}
    idOf={(row) => String(row.file_path)}
    columns={[
      foreign("File", "file_path", undefined, true),
      { name: "How", width: 180, cell: (row) => list(row, "acts").join(", ") },
      count("Events", "events", 80),
      moment("Last", "last_time"),
      foreign("Last program", "last_program", 220, true),
    ]}
  />
);
