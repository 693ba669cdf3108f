/** How a text was: who changed it, when and why, what changed, and the way back. */
import { Button, Group, Select, Stack, Table, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Schema } from "@/api/client";
import { useMay } from "@/api/me";
import { Answer } from "@/parts/Answer";
import { Refused } from "@/parts/Changed";
import { Dialog } from "@/parts/Dialog";
import { Diff } from "@/parts/Diff";
import { Foreign } from "@/parts/Foreign";
import { Moment } from "@/parts/times";
import { told } from "@/parts/undo";

type Version = Schema["foreseen__api__suppressions__VersionView"];

/** Where the versions of a rule or of a suppression come from. */
export interface Kept {
  name: string;
  key: readonly unknown[]; // of the queries that a restoring makes old
  versions: () => Promise<{ versions: Version[] }>;
  diff: (older: number, newer: number) => Promise<{ diff: string }>;
  restore: (version: number, why: string) => Promise<unknown>;
}

export function Versions({ of }: { of: Kept }) {
  const found = useQuery({ queryKey: [...of.key, "versions"], queryFn: of.versions });
  return (
    <Answer
      of={found}
      isEmpty={(page) => page.versions.length === 0}
      empty="Nobody has edited it here."
    >
      {({ versions }) => (
        <Stack>
          <List of={of} versions={versions} />
          {versions.length > 1 && <Compare of={of} versions={versions} />}
        </Stack>
      )}
    </Answer>
  );
}

function List({ of, versions }: { of: Kept; versions: Version[] }) {
  const may = useMay("engineer");
  const [asked, setAsked] = useState<number | null>(null);
  return (
    <>
      <Table aria-label="Versions">
        <Table.Thead>
          <Table.Tr>
            <Table.Th w={80}>Version</Table.Th>
            <Table.Th w={170}>Time</Table.Th>
            <Table.Th w={160}>By</Table.Th>
            <Table.Th w={90}>State</Table.Th>
            <Table.Th>Why</Table.Th>
            <Table.Th w={100}>
              <span className="hidden-visually">what can be done</span>
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {versions.map((version, index) => (
            <Table.Tr key={version.version}>
              <Table.Td className="number">{version.version}</Table.Td>
              <Table.Td>
                <Moment at={version.time} />
              </Table.Td>
              <Table.Td>
                <Foreign text={version.author} oneLine />
              </Table.Td>
              <Table.Td>{version.state}</Table.Td>
              <Table.Td>
                <Foreign text={version.why} />
              </Table.Td>
              <Table.Td>
                {may && (index > 0 || version.state !== "active") && (
                  <Button
                    variant="default"
                    size="compact-xs"
                    aria-label={`Restore version ${version.version}`}
                    onClick={() => setAsked(version.version)}
                  >
                    Restore
                  </Button>
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {asked !== null && <Restore of={of} version={asked} close={() => setAsked(null)} />}
    </>
  );
}

function Restore({ of, version, close }: { of: Kept; version: number; close: () => void }) {
  const [why, setWhy] = useState("");
  const client = useQueryClient();
  const renew = () => client.invalidateQueries({ queryKey: of.key });
  const restoring = useMutation({
    mutationFn: () => of.restore(version, why),
    onSuccess: () => {
      close();
      told(`${of.name} is as in version ${version} again.`);
      return renew();
    },
  });
  return (
    <Dialog onClose={close} title={`Restore version ${version}`}>
      <Stack>
        <TextInput
          label="Why"
          description="stands in the history"
          value={why}
          onChange={(event) => setWhy(event.currentTarget.value)}
        />
        <Refused error={restoring.error} anew={renew} />
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button
            disabled={!why.trim()}
            loading={restoring.isPending}
            onClick={() => restoring.mutate()}
          >
            Restore
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}

function Compare({ of, versions }: { of: Kept; versions: Version[] }) {
  const [newer, setNewer] = useState(versions[0]?.version ?? 1);
  const [older, setOlder] = useState(versions[1]?.version ?? 1);
  const found = useQuery({
    queryKey: [...of.key, "diff", older, newer],
    queryFn: () => of.diff(older, newer),
  });
  const data = versions.map(({ version }) => ({
    value: String(version),
    label: `version ${version}`,
  }));
  const choice = (label: string, value: number, set: (version: number) => void) => (
    <Select
      label={label}
      data={data}
      value={String(value)}
      allowDeselect={false}
      w={140}
      onChange={(chosen) => chosen && set(Number(chosen))}
    />
  );
  return (
    <Stack gap="xs">
      <Group gap="xs">
        {choice("What changed from", older, setOlder)}
        {choice("to", newer, setNewer)}
      </Group>
      <Answer of={found}>
        {({ diff }) => <Diff label={`From version ${older} to ${newer}`} diff={diff} />}
      </Answer>
    </Stack>
  );
}
