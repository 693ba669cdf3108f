/** What a person did: tables of commands, programs, logins, sessions and files. */
import { Badge } from "@mantine/core";
import type { Schema } from "@/api/client";
import { count, foreign, moment, type Row, RowTable, rules, textsOf } from "@/parts/RowTable";

type Acts = Schema["ActsView"];

const byPlace = (row: Row): string => `${row.stream} ${row.seq}`;

export const Commands = ({ acts }: { acts: Acts }) => (
  <RowTable
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
  <RowTable
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
  <RowTable
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
  <RowTable
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
  <RowTable
    label="Files"
    none="No file is known that they touched."
    rows={acts.files}
    idOf={(row) => String(row.file_path)}
    columns={[
      foreign("File", "file_path", undefined, true),
      { name: "How", width: 180, cell: (row) => textsOf(row, "acts").join(", ") },
      count("Events", "events", 80),
      moment("Last", "last_time"),
      foreign("Last program", "last_program", 220, true),
    ]}
  />
);
