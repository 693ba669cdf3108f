/** What a workload or a person did of late that was not done before, and what is done no more. */
import { Group, SegmentedControl, SimpleGrid, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { Schema } from "@/api/client";
import { Answer } from "@/parts/Answer";
import { Panel } from "@/parts/Page";
import { count, foreign, moment, RowTable } from "@/parts/RowTable";
import { useEnd } from "@/parts/span";
import { Moment } from "@/parts/times";
import { useUrl } from "@/parts/url";
import { countsText, KINDS, LATELY, usualLately } from "./past";

type Compared = Schema["ComparedView"];

interface Props {
  /** Whose, as the key of the question. */
  id: string[];
  /** When they were first seen. */
  first: string | null;
  ask: (from: string, until: string) => Promise<Schema["BaselineView"]>;
}

export function Baseline({ id, first, ask }: Props) {
  const [url, setUrl] = useUrl();
  const end = useEnd()?.end;
  const usual = end === undefined ? "24 h" : usualLately(first, end);
  const asked = url.get("lately") ?? usual;
  const lately = asked in LATELY ? asked : usual;
  const found = useQuery({
    queryKey: [...id, "baseline", end, lately],
    enabled: end !== undefined,
    placeholderData: (before) => before,
    queryFn: () => {
      const until = new Date(end ?? 0).toISOString();
      return ask(new Date((end ?? 0) - (LATELY[lately] ?? 0)).toISOString(), until);
    },
  });
  return (
    <Stack gap="sm">
      <Group gap="xs">
        <Text size="sm">Of late is the last</Text>
        <SegmentedControl
          aria-label="Of late"
          data={Object.keys(LATELY)}
          value={lately}
          onChange={(value) => setUrl({ lately: value === usual ? null : value }, true)}
        />
        <Text size="sm">held against the 30 days before it.</Text>
      </Group>
      <Answer of={found} lines={8}>
        {(told) => (
          <>
            <Past told={told} />
            {told.kinds.map((kind) => (
              <Kind key={kind.kind} of={kind} />
            ))}
          </>
        )}
      </Answer>
    </Stack>
  );
}

/** How much past there is: all is new where there is none. */
function Past({ told }: { told: Schema["BaselineView"] }) {
  const young = !told.first_time || Date.parse(told.first_time) >= Date.parse(told.split ?? "");
  return (
    <Text size="sm" className={young ? undefined : "quiet"} c={young ? "var(--medium)" : undefined}>
      {young ? (
        "Nothing is known from before: all of it is new."
      ) : (
        <>
          The past begins <Moment at={told.first_time} />.
        </>
      )}{" "}
      Names of scratch files are left out: /tmp/…
    </Text>
  );
}

function Kind({ of }: { of: Compared }) {
  if (!of.lately && !of.before) return null;
  return (
    <Panel title={KINDS[of.kind] ?? of.kind} note={countsText(of)}>
      {of.fresh || of.gone ? (
        <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="sm" style={{ alignItems: "start" }}>
          <Things of={of} rows={of.new} name="New" counted="lately" />
          <Things of={of} rows={of.missed} name="Missed" counted="before" />
        </SimpleGrid>
      ) : (
        <Text size="sm" className="quiet">
          As before.
        </Text>
      )}
    </Panel>
  );
}

interface ThingsProps {
  of: Compared;
  rows: Compared["new"];
  name: "New" | "Missed";
  counted: "lately" | "before";
}

function Things({ of, rows, name, counted }: ThingsProps) {
  const isNew = name === "New";
  return (
    <RowTable
      label={`${name}: ${KINDS[of.kind] ?? of.kind}`}
      none={isNew ? "None is new." : "None is missed."}
      rows={rows}
      idOf={(row) => String(row.value)}
      columns={[
        foreign(name, "value", undefined, true),
        count("Events", counted, 70),
        count("Hosts", "hosts", 60),
        moment(isNew ? "First" : "Last", isNew ? "first_time" : "last_time"),
      ]}
    />
  );
}
