import { Anchor, SimpleGrid, Table } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { api, gotTagged } from "@/api/client";
import { Answer } from "@/parts/Answer";
import { Foreign } from "@/parts/Foreign";
import { whole } from "@/parts/numbers";
import { Page, Panel } from "@/parts/Page";
import { Feedback } from "./Feedback";
import { Gates } from "./Gates";
import { OfModel } from "./OfModel";
import { Placements } from "./Placements";
import { Standing } from "./Standing";

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
            <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="sm">
              <Panel title="Gates" note="a model that fails one may not silence">
                <Gates gates={body.gates} />
              </Panel>
              <Panel title="Expected matches that it learned from">
                <History history={body.history} />
              </Panel>
            </SimpleGrid>
            <OfModel rule={rule} />
            <Feedback rule={rule} />
            <Panel title="How it came to stand here" note="newest first" flush>
              <Placements model={body} />
            </Panel>
          </>
        )}
      </Answer>
    </Page>
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
