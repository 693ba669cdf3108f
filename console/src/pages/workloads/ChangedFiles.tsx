/** File integrity of a workload: which files changed, how, when and by whom. */
import { Anchor, Button, Grid, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { api, got } from "@/api/client";
import { useMay } from "@/api/me";
import { Answer } from "@/parts/Answer";
import { Foreign } from "@/parts/Foreign";
import { whole } from "@/parts/numbers";
import { Panel } from "@/parts/Page";
import { count, foreign, moment, type Row, RowTable, textOf, textsOf } from "@/parts/RowTable";
import { useSpan } from "@/parts/span";
import { seen } from "@/parts/text";
import { useUrl } from "@/parts/url";
import { fieldIs } from "@/parts/words";

const MOST = 100;

export function ChangedFiles({ workload }: { workload: string }) {
  const [url, setUrl] = useUrl();
  const hunting = useMay("hunt");
  const under = url.get("under") ?? "";
  const { from, until } = useSpan();
  const found = useQuery({
    queryKey: ["workload", workload, "files", from, until, under],
    enabled: from !== undefined,
    placeholderData: (before) => before,
    queryFn: () =>
      got(
        api.GET("/api/v1/workloads/{workload}/files", {
          params: { path: { workload }, query: { from, until, under, limit: MOST } },
        }),
      ),
  });
  const hunt = `/hunt?search=${encodeURIComponent(`${fieldIs("workload", workload)} class_uid:1001`)}`;
  return (
    <Answer of={found} lines={8}>
      {(told) => (
        <Grid gap="sm">
          <Grid.Col span={{ base: 12, lg: 3 }}>
            <Panel title="Folders" note="changes" flush>
              <Folders rows={told.folders} under={under} go={(to) => setUrl({ under: to }, true)} />
            </Panel>
          </Grid.Col>
          <Grid.Col span={{ base: 12, lg: 9 }}>
            <Panel
              title={under ? `Changed files below ${seen(under)}` : "Changed files"}
              note={`made, written, moved, removed, or given other rights${told.files.length === MOST ? `; the last ${MOST}` : ""}`}
              actions={
                hunting && (
                  <Anchor component={Link} size="sm" href={hunt}>
                    Hunt in file events
                  </Anchor>
                )
              }
            >
              <Files rows={told.files} />
            </Panel>
          </Grid.Col>
        </Grid>
      )}
    </Answer>
  );
}

interface FoldersProps {
  rows: Row[];
  under: string;
  go: (under: string | null) => void;
}

function Folders({ rows, under, go }: FoldersProps) {
  return (
    <>
      <Table aria-label="Folders with changes">
        <Table.Tbody>
          {rows.map((row) => (
            <Folder key={String(row.folder)} row={row} under={under} go={go} />
          ))}
        </Table.Tbody>
      </Table>
      {rows.length === 0 && (
        <Text size="sm" className="quiet" p="sm">
          No file changed.
        </Text>
      )}
      {under && (
        <Button size="xs" variant="subtle" m="xs" onClick={() => go(null)}>
          All folders
        </Button>
      )}
    </>
  );
}

function Folder({ row, under, go }: Omit<FoldersProps, "rows"> & { row: Row }) {
  const folder = textOf(row, "folder");
  const name = folder ? <Foreign text={folder} mono oneLine /> : "without a whole path";
  return (
    <Table.Tr bg={folder && under === `${folder}/` ? "var(--chosen)" : undefined}>
      <Table.Td>
        {folder ? (
          <Anchor component="button" type="button" size="sm" onClick={() => go(`${folder}/`)}>
            {name}
          </Anchor>
        ) : (
          <span className="quiet">{name}</span>
        )}
      </Table.Td>
      <Table.Td ta="right" className="number">
        {whole(Number(row.events))}
      </Table.Td>
    </Table.Tr>
  );
}

const Files = ({ rows }: { rows: Row[] }) => (
  <RowTable
    label="Changed files"
    none="No file changed there."
    rows={rows}
    idOf={(row) => String(row.file_path)}
    columns={[
      moment("Last change", "last_time"),
      foreign("File", "file_path", undefined, true),
      { name: "How", width: 150, cell: (row) => textsOf(row, "acts").join(", ") },
      count("Changes", "events", 80),
      foreign("By", "last_user", 90),
      foreign("Program", "last_program", 190, true),
      count("Hosts", "hosts", 60),
    ]}
  />
);
