import { Anchor, Badge, Button, Group, Modal, Stack, Table, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Link } from "wouter";
import { api, got, newKey, type Schema } from "@/api/client";
import { useMay } from "@/api/me";
import { Answer, Failed } from "@/parts/Answer";
import { Foreign } from "@/parts/Foreign";
import { Job } from "@/parts/Job";
import { percent } from "@/parts/numbers";
import { Page, Panel } from "@/parts/Page";
import { Moment } from "@/parts/times";
import { told } from "@/parts/undo";
import { Gates } from "./ModelPage";

type Version = Schema["foreseen__api__model_views__VersionView"];
interface Recall {
  chains: number;
  caught: number;
  upper: number;
}

/** How the models came to be: each training, its recall and gates, which is in use. */
export function VersionsPage() {
  const [shown, setShown] = useState<number | null>(null);
  const found = useQuery({
    queryKey: ["models", "versions"],
    queryFn: () => got(api.GET("/api/v1/models/versions", { params: { query: { limit: 100 } } })),
  });
  return (
    <Page
      title="Versions of the models"
      note={
        <Anchor component={Link} href="/models" size="sm">
          All models
        </Anchor>
      }
    >
      {useMay("engineer") && <Train />}
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
                    show={() => setShown(version.version)}
                  />
                ))}
              </Table.Tbody>
            </Table>
          )}
        </Answer>
      </Panel>
      {shown !== null && <GatesOf version={shown} close={() => setShown(null)} />}
    </Page>
  );
}

function Row({ version, show }: { version: Version; show: () => void }) {
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
        <Foreign text={version.refused ?? version.reason} />
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
          {version.in_use ? <Badge color="green">in use</Badge> : <Use version={version.version} />}
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
    <Modal opened onClose={close} title={`Gates of version ${version}`} size="xl">
      <Answer of={found}>
        {({ gates }) => (
          <Stack>
            {Object.entries(gates).map(([rule, of]) => (
              <div key={rule}>
                <Text size="sm" fw={600}>
                  {rule}
                </Text>
                <Gates gates={of} />
              </div>
            ))}
          </Stack>
        )}
      </Answer>
    </Modal>
  );
}

function Use({ version }: { version: number }) {
  const client = useQueryClient();
  const may = useMay("engineer");
  const [asked, setAsked] = useState(false);
  const [reason, setReason] = useState("");
  const using = useMutation({
    mutationFn: () =>
      got(
        api.POST("/api/v1/models/versions/{number}/use", {
          params: { path: { number: version } },
          body: { reason },
        }),
      ),
    onSuccess: () => {
      setAsked(false);
      told(`Version ${version} is in use.`);
      return client.invalidateQueries({ queryKey: ["models"] });
    },
  });
  if (!may) return null;
  return (
    <>
      <Button variant="default" size="compact-xs" onClick={() => setAsked(true)}>
        Use this one
      </Button>
      <Modal opened={asked} onClose={() => setAsked(false)} title={`Use version ${version}`}>
        <Stack>
          <TextInput
            label="Why"
            required
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
          {using.error && <Failed error={using.error} />}
          <Group justify="flex-end">
            <Button
              disabled={!reason.trim()}
              loading={using.isPending}
              onClick={() => using.mutate()}
            >
              Use it
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}

function Train() {
  const [until, setUntil] = useState("");
  const [reason, setReason] = useState("");
  const training = useMutation({
    mutationFn: () =>
      got(
        api.POST("/api/v1/models/train", {
          body: { until: `${until}:00Z`, reason },
          params: { header: { "idempotency-key": newKey() } },
        }),
      ),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    training.mutate();
  };
  return (
    <Panel
      title="Accept history and train"
      note="all before the moment counts as clean: look before you accept"
    >
      <form onSubmit={submit}>
        <Group align="flex-end" gap="xs">
          <TextInput
            type="datetime-local"
            label="Clean until (UTC)"
            required
            value={until}
            onChange={(event) => setUntil(event.currentTarget.value)}
          />
          <TextInput
            flex={1}
            label="Why"
            required
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
          <Button type="submit" loading={training.isPending} disabled={!until || !reason.trim()}>
            Train
          </Button>
        </Group>
      </form>
      {training.error && <Failed error={training.error} />}
      {training.data && <Job number={training.data.id} />}
    </Panel>
  );
}
