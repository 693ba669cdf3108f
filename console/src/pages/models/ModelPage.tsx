import {
  Anchor,
  Badge,
  Button,
  Group,
  Modal,
  SimpleGrid,
  Stack,
  Table,
  Text,
  TextInput,
} from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { api, got, gotTagged, type Schema } from "@/api/client";
import { useMay } from "@/api/me";
import { Answer, Failed } from "@/parts/Answer";
import { Foreign } from "@/parts/Foreign";
import { percent, whole } from "@/parts/numbers";
import { Figure, Page, Panel } from "@/parts/Page";
import { Moment } from "@/parts/times";
import { told } from "@/parts/undo";
import { StageBadge } from "./Stage";

type Model = Schema["ModelView"];

/** One model: where it stands and why, its gates, and what it learned from. */
export function ModelPage({ rule }: { rule: string }) {
  const found = useQuery({
    queryKey: ["models", rule],
    queryFn: () => gotTagged(api.GET("/api/v1/models/{rule}", { params: { path: { rule } } })),
  });
  return (
    <Page
      title="Model"
      note={
        <>
          <Foreign text={rule} /> ·{" "}
          <Anchor component={Link} href="/models" size="sm">
            All models
          </Anchor>{" "}
          ·{" "}
          <Anchor component={Link} href={`/rules/${encodeURIComponent(rule)}`} size="sm">
            Its rule
          </Anchor>
        </>
      }
    >
      <Answer of={found} lines={8}>
        {({ body, etag }) => (
          <>
            <Standing model={body} etag={etag} />
            <SimpleGrid cols={{ base: 1, lg: 2 }}>
              <Panel title="Gates" note="a model that fails one may not silence">
                <Gates gates={body.gates} />
              </Panel>
              <Panel title="Expected matches that it learned from">
                <History history={body.history} />
              </Panel>
            </SimpleGrid>
            <Panel title="How it came to stand here">
              <Placements model={body} />
            </Panel>
          </>
        )}
      </Answer>
    </Page>
  );
}

function Standing({ model, etag }: { model: Model; etag: string | null }) {
  const may = useMay("engineer");
  const [way, setWay] = useState<"promote" | "demote" | null>(null);
  return (
    <>
      <SimpleGrid cols={{ base: 2, sm: 3, lg: 5 }} spacing="xs">
        <Figure name="Stage" value={<StageBadge stage={model.stage} />} />
        <Figure name="Version" value={model.version} note={model.hash.slice(0, 12)} />
        <Figure name="May alert of the expected" value={percent(model.budget.in_force)} />
        <Figure
          name="Tokens"
          value={whole(model.tokens)}
          note={model.context_model ? "with a context member" : "without a context member"}
        />
        <Figure name="History accepted until" value={<Moment at={model.accepted_until} short />} />
      </SimpleGrid>
      <Text size="sm">{model.why}</Text>
      {may && (
        <Group gap="xs">
          <Button variant="default" onClick={() => setWay("promote")}>
            Let it do more
          </Button>
          <Button variant="default" onClick={() => setWay("demote")}>
            Let it do less
          </Button>
        </Group>
      )}
      {way && <Move model={model} etag={etag} way={way} close={() => setWay(null)} />}
    </>
  );
}

interface MoveProps {
  model: Model;
  etag: string | null;
  way: "promote" | "demote";
  close: () => void;
}

function Move({ model, etag, way, close }: MoveProps) {
  const client = useQueryClient();
  const [reason, setReason] = useState("");
  const params = { path: { rule: model.rule }, header: { "if-match": etag } };
  const moving = useMutation({
    mutationFn: () =>
      way === "promote"
        ? got(api.POST("/api/v1/models/{rule}/promote", { params, body: { reason } }))
        : got(api.POST("/api/v1/models/{rule}/demote", { params, body: { reason } })),
    onSuccess: (placed) => {
      close();
      told(`${model.rule}: its stage is “${placed.stage}” now.`);
      return client.invalidateQueries({ queryKey: ["models"] });
    },
  });
  return (
    <Modal opened onClose={close} title={way === "promote" ? "Let it do more" : "Let it do less"}>
      <Stack>
        <TextInput
          label="Why (stands in its history)"
          required
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        {moving.error && <Failed error={moving.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button
            disabled={!reason.trim()}
            loading={moving.isPending}
            onClick={() => moving.mutate()}
          >
            Do it
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

export function Gates({ gates }: { gates: Schema["GateView"][] }) {
  return (
    <Table aria-label="Gates">
      <Table.Tbody>
        {gates.map((gate) => (
          <Table.Tr key={gate.name}>
            <Table.Td w={90}>
              <Badge color={gate.passed ? "green" : "red"}>
                {gate.passed ? "passed" : "failed"}
              </Badge>
            </Table.Td>
            <Table.Td w={140}>{gate.name}</Table.Td>
            <Table.Td>
              <Foreign text={gate.sentence} />
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function History({ history }: { history: Record<string, number> }) {
  const rows = Object.entries(history).sort((a, b) => b[1] - a[1]);
  const most = Math.max(1, ...rows.map(([, matches]) => matches));
  return (
    <Table aria-label="Expected matches by workload">
      <Table.Tbody>
        {rows.map(([workload, matches]) => (
          <Table.Tr key={workload}>
            <Table.Td>
              <Anchor
                component={Link}
                size="sm"
                href={`/workloads/${encodeURIComponent(workload)}`}
              >
                <Foreign text={workload} />
              </Anchor>
            </Table.Td>
            <Table.Td w={90} ta="right" className="number">
              {whole(matches)}
            </Table.Td>
            <Table.Td w={180}>
              <svg width="160" height="8" aria-hidden="true">
                <rect width={(160 * matches) / most} height="8" rx="2" fill="var(--accent)" />
              </svg>
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function Placements({ model }: { model: Model }) {
  return (
    <Table aria-label="Placements">
      <Table.Tbody>
        {model.placements.map((placed) => (
          <Table.Tr key={`${placed.time} ${placed.stage} ${placed.cause}`}>
            <Table.Td w={170}>
              <Moment at={placed.time} />
            </Table.Td>
            <Table.Td w={100}>
              <StageBadge stage={placed.stage} />
            </Table.Td>
            <Table.Td w={140}>{placed.cause}</Table.Td>
            <Table.Td w={140}>
              <Foreign text={placed.author} oneLine />
            </Table.Td>
            <Table.Td>
              <Foreign text={placed.reason} />
              {placed.evidence.map((each) => (
                <Text key={each} size="xs" className="quiet">
                  {each}
                </Text>
              ))}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
