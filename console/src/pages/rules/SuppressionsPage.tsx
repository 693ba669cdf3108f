/** Suppressions by hand: filters with an owner, a reason and an end. */
import {
  Anchor,
  Badge,
  Button,
  Group,
  Modal,
  Stack,
  Switch,
  Table,
  Text,
  TextInput,
} from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { api, got, newKey, type Schema } from "@/api/client";
import { useMay } from "@/api/me";
import { Answer, Failed } from "@/parts/Answer";
import { Editor } from "@/parts/Editor";
import { Foreign } from "@/parts/Foreign";
import { Page, Panel } from "@/parts/Page";
import { Moment } from "@/parts/times";
import { failed, told } from "@/parts/undo";
import { useUrl } from "@/parts/url";

const KEY = ["suppressions"];

type Suppression = Schema["SuppressionView"];

export function SuppressionsPage() {
  const [url, setUrl] = useUrl();
  const retired = url.get("retired") === "yes";
  const may = useMay("engineer");
  const [making, setMaking] = useState(false);
  const found = useQuery({
    queryKey: [...KEY, retired],
    queryFn: () =>
      got(api.GET("/api/v1/suppressions", { params: { query: { retired, limit: 200 } } })),
  });
  return (
    <Page
      title="Suppressions by hand"
      note={
        <Anchor component={Link} href="/rules" size="sm">
          All rules
        </Anchor>
      }
      actions={
        <>
          <Switch
            label="ended ones, too"
            checked={retired}
            onChange={(event) => setUrl({ retired: event.currentTarget.checked ? "yes" : null })}
          />
          {may && <Button onClick={() => setMaking(true)}>New</Button>}
        </>
      }
    >
      <Panel flush>
        <Answer
          of={found}
          isEmpty={(page) => page.suppressions.length === 0}
          empty="Nothing is silenced by hand."
        >
          {(page) => <SuppressionTable suppressions={page.suppressions} />}
        </Answer>
      </Panel>
      {making && <Make close={() => setMaking(false)} />}
    </Page>
  );
}

function SuppressionTable({ suppressions }: { suppressions: Suppression[] }) {
  return (
    <Table aria-label="Suppressions by hand">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Name</Table.Th>
          <Table.Th>Rules</Table.Th>
          <Table.Th>Owner</Table.Th>
          <Table.Th>Why</Table.Th>
          <Table.Th>Ends</Table.Th>
          <Table.Th>State</Table.Th>
          <Table.Th>
            <span className="hidden-visually">what can be done</span>
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {suppressions.map((each) => (
          <Table.Tr key={each.id}>
            <Table.Td>
              <Foreign text={each.title || each.id} />
            </Table.Td>
            <Table.Td>{each.rules.join(", ")}</Table.Td>
            <Table.Td>
              <Foreign text={each.owner} oneLine />
            </Table.Td>
            <Table.Td>
              <Foreign text={each.reason} />
            </Table.Td>
            <Table.Td>
              <Moment at={each.expires} />
            </Table.Td>
            <Table.Td>
              <Badge color={each.state === "active" ? "green" : "gray"}>{each.state}</Badge>
              {each.problem && <Text size="xs">{each.problem}</Text>}
            </Table.Td>
            <Table.Td>{each.state === "active" && <End suppression={each} />}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function End({ suppression }: { suppression: Suppression }) {
  const client = useQueryClient();
  const may = useMay("engineer");
  const renew = () => client.invalidateQueries({ queryKey: KEY });
  const { id: name, version } = suppression;
  const ending = useMutation({
    mutationFn: () =>
      got(api.DELETE("/api/v1/suppressions/{name}", { params: { path: { name } } })),
    onSuccess: () => {
      told("It no longer silences anything.", async () => {
        const params = { path: { name } };
        const body = { version, why: "undone" };
        await got(api.POST("/api/v1/suppressions/{name}/restore", { params, body }));
        await renew();
      });
      return renew();
    },
    onError: failed,
  });
  if (!may) return null;
  return (
    <Button
      variant="default"
      size="compact-xs"
      loading={ending.isPending}
      onClick={() => ending.mutate()}
    >
      End it
    </Button>
  );
}

const SKELETON = `title: What is silenced, in a few words
id: a-name-for-it
rules: [RULE]
detection:
  selection:
    Image: /usr/bin/PROGRAM
    ParentImage|endswith: /PARENT
  condition: selection
owner: you@example.com
reason: Why this is no news.
created: TODAY
expires: 2027-03-01 # at most a year from now
`;

const today = (): string => new Date().toISOString().slice(0, 10);

function Make({ close }: { close: () => void }) {
  const client = useQueryClient();
  const [text, setText] = useState(() => SKELETON.replace("TODAY", today()));
  const [why, setWhy] = useState("");
  const checking = useMutation({
    mutationFn: () => got(api.POST("/api/v1/suppression-checks", { body: { text } })),
  });
  const making = useMutation({
    mutationFn: () =>
      got(
        api.POST("/api/v1/suppressions", {
          body: { text, why },
          params: { header: { "idempotency-key": newKey() } },
        }),
      ),
    onSuccess: () => {
      close();
      told("It is silenced from now on; what is hidden stays searchable.");
      return client.invalidateQueries({ queryKey: KEY });
    },
  });
  const said = [...(checking.data?.faults ?? []), ...(checking.data?.warnings ?? [])];
  return (
    <Modal opened onClose={close} title="Silence by hand" size="xl">
      <Stack>
        <Editor label="The filter" language="yaml" value={text} change={setText} height="300px" />
        {said.map((each) => (
          <Text key={`${each.line} ${each.message}`} size="sm" c="var(--odd)">
            Line {each.line}: {each.message}
          </Text>
        ))}
        {checking.data && !said.length && <Text size="sm">Nothing is wrong with it.</Text>}
        {(checking.error ?? making.error) && (
          <Failed error={(checking.error ?? making.error) as Error} />
        )}
        <TextInput
          label="Why (stands in its history)"
          value={why}
          onChange={(event) => setWhy(event.currentTarget.value)}
        />
        <Group justify="flex-end">
          <Button variant="default" loading={checking.isPending} onClick={() => checking.mutate()}>
            Check
          </Button>
          <Button loading={making.isPending} disabled={!why.trim()} onClick={() => making.mutate()}>
            Silence
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
