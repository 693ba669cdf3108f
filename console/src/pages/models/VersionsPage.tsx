import { Anchor, Badge, Button, Group, Stack, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { api, got, type Schema } from "@/api/client";
import { Answer } from "@/parts/Answer";
import { Dialog } from "@/parts/Dialog";
import { Foreign } from "@/parts/Foreign";
import { percent } from "@/parts/numbers";
import { Page, Panel } from "@/parts/Page";
import { seen } from "@/parts/text";
import { Moment } from "@/parts/times";
import { Gates } from "./Gates";
import { useVersions } from "./queries";
import { Train } from "./Train";
import { UseVersion } from "./UseVersion";

type Version = Schema["foreseen__api__model_views__VersionView"];
interface Recall {
  chains: number;
  caught: number;
  upper: number;
}

/** How the models came to be: each training, its recall and gates, which is in use. */
export function VersionsPage() {
  const [shown, setShown] = useState<number | null>(null);
  const found = useVersions();
  return (
    <Page
      title="Versions of the models"
      note={
        <Anchor component={Link} href="/models" size="sm">
          All models
        </Anchor>
      }
      actions={
        (found.data?.versions.length ?? 0) > 1 && (
          <Anchor component={Link} href="/models/compare" size="sm">
            Compare two versions
          </Anchor>
        )
      }
    >
      <Panel flush>
        <Answer
          of={found}
          isEmpty={(page) => page.versions.length === 0}
          empty="Nothing was trained yet."
        >
          {(page) => (
            <Table aria-label="Versions">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th w={80}>Version</Table.Th>
                  <Table.Th w={170}>Time</Table.Th>
                  <Table.Th w={140}>By</Table.Th>
                  <Table.Th>Why</Table.Th>
                  <Table.Th w={240}>Recall on the gates' attacks</Table.Th>
                  <Table.Th w={220}>
                    <span className="hidden-visually">what can be done</span>
                  </Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {page.versions.map((version) => (
                  <Row
                    key={version.version}
                    version={version}
                    used={page.versions.find((each) => each.in_use)?.version ?? null}
                    show={() => setShown(version.version)}
                  />
                ))}
              </Table.Tbody>
            </Table>
          )}
        </Answer>
      </Panel>
      <Train />
      {shown !== null && <GatesOf version={shown} close={() => setShown(null)} />}
    </Page>
  );
}

interface RowProps {
  version: Version;
  used: number | null; // the version in use
  show: () => void;
}

function Row({ version, used, show }: RowProps) {
  const recall = version.recall as Recall | null;
  return (
    <Table.Tr>
      <Table.Td className="number">{version.version}</Table.Td>
      <Table.Td>
        <Moment at={version.time} />
      </Table.Td>
      <Table.Td>
        <Foreign text={version.author} oneLine />
      </Table.Td>
      <Table.Td>
        <Foreign text={version.reason} />
        {version.refused && (
          <Text size="xs" c="var(--critical)">
            refused: {seen(version.refused)}
          </Text>
        )}
        {version.chosen && version.chosen.reason !== version.reason && (
          <Text size="xs" className="quiet">
            in use since <Moment at={version.chosen.time} /> by {seen(version.chosen.author)}
            {version.chosen.second && ` and ${seen(version.chosen.second)}`}:{" "}
            {seen(version.chosen.reason)}
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        {recall?.chains
          ? `${recall.caught} of ${recall.chains} chains; at most ${percent(recall.upper)} missed`
          : "–"}
      </Table.Td>
      <Table.Td>
        <Group gap={4}>
          <Button variant="default" size="compact-xs" onClick={show}>
            Gates
          </Button>
          {version.in_use ? (
            <Badge color="green">in use</Badge>
          ) : (
            <UseVersion version={version.version} refused={version.refused} />
          )}
          {used !== null && !version.in_use && (
            <Anchor
              component={Link}
              size="xs"
              href={`/models/compare?from=${used}&to=${version.version}`}
            >
              Compare with {used}
            </Anchor>
          )}
        </Group>
      </Table.Td>
    </Table.Tr>
  );
}

function GatesOf({ version, close }: { version: number; close: () => void }) {
  const found = useQuery({
    queryKey: ["models", "versions", version],
    queryFn: () =>
      got(api.GET("/api/v1/models/versions/{number}", { params: { path: { number: version } } })),
  });
  return (
    <Dialog onClose={close} title={`Gates of version ${version}`} size="xl">
      <Answer of={found}>
        {({ gates }) => (
          <Stack>
            {Object.entries(gates).map(([rule, of]) => (
              <div key={rule}>
                <Text size="sm" fw={600}>
                  {seen(rule)}
                </Text>
                <Gates gates={of} />
              </div>
            ))}
          </Stack>
        )}
      </Answer>
    </Dialog>
  );
}
