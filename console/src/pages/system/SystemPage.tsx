/** The server itself: whether it is ready, what comes in and waits, what is stored, and its jobs. */
import { Badge, SimpleGrid, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { api, type Schema } from "@/api/client";
import { ProblemError } from "@/api/problem";
import { Answer } from "@/parts/Answer";
import { counted } from "@/parts/numbers";
import { Figure, Page, Panel } from "@/parts/Page";
import { Backlog } from "./Backlog";
import { Jobs } from "./Jobs";
import { Pace } from "./Pace";
import { Storage, useStorage } from "./Storage";
import { Throughput } from "./Throughput";

const OFTEN = 5_000; // ms

export default function SystemPage() {
  const version = useStorage().data?.version;
  return (
    <Page title="System" note={version && `Foreseen ${version}`}>
      <Panel title="Ready?">
        <Ready />
      </Panel>
      <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="sm">
        <Throughput />
        <Stack gap="sm">
          <Panel title="Backlog" note="what was acknowledged and is not yet in the lake">
            <Backlog />
          </Panel>
          <Pace />
        </Stack>
      </SimpleGrid>
      <Storage />
      <Jobs />
    </Page>
  );
}

function Ready() {
  const found = useQuery({
    queryKey: ["ready"],
    refetchInterval: OFTEN,
    queryFn: async () => {
      // 503 is an answer, too: it says what is missing.
      const { data, error, response } = await api.GET("/readyz");
      const said = (data ?? error) as Partial<Schema["Readiness"]> | undefined;
      if (typeof said?.dependencies === "object") return said as Schema["Readiness"];
      throw new ProblemError(response.status, "something before the server answers in its place");
    },
  });
  return (
    <Answer of={found} lines={2}>
      {(ready) => (
        <SimpleGrid cols={{ base: 2, sm: 3, lg: 6 }} spacing="xs">
          {Object.entries(ready.dependencies).map(([name, { state, lag }]) => (
            <Figure
              key={name}
              name={name}
              value={<Badge color={state === "ok" ? "green" : "red"}>{state}</Badge>}
              note={lag === undefined || lag === null ? undefined : `${counted(lag)} behind`}
            />
          ))}
        </SimpleGrid>
      )}
    </Answer>
  );
}
