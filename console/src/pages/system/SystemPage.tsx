/** The server itself: whether it is ready, how far it is behind, and the jobs that it works on. */
import { Badge, Button, Progress, SimpleGrid, Table } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, got, type Schema } from "@/api/client";
import { useMay } from "@/api/me";
import { Answer, Nothing } from "@/parts/Answer";
import { Foreign } from "@/parts/Foreign";
import { counted } from "@/parts/numbers";
import { Figure, Page, Panel } from "@/parts/Page";
import { Moment } from "@/parts/times";
import { failed, told } from "@/parts/undo";

const OFTEN = 5_000; // ms

export default function SystemPage() {
  return (
    <Page title="System">
      <Panel title="Ready?">
        <Ready />
      </Panel>
      <Panel title="Backlog" note="bytes that were acknowledged and are not yet in the lake">
        <Backlog />
      </Panel>
      <Panel title="Jobs">
        <Jobs />
      </Panel>
    </Page>
  );
}

function Ready() {
  const found = useQuery({
    queryKey: ["ready"],
    refetchInterval: OFTEN,
    queryFn: async () => {
      // 503 is an answer, too: it says what is missing.
      const { data, error } = await api.GET("/readyz");
      return (data ?? error) as Schema["Readiness"];
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

function Backlog() {
  const found = useQuery({
    queryKey: ["intake"],
    refetchInterval: OFTEN,
    queryFn: () => got(api.GET("/api/v1/intake")),
  });
  return (
    <Answer of={found} lines={2}>
      {({ partitions }) => (
        <Table aria-label="Partitions of the intake" w="auto" miw="28rem">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Partition</Table.Th>
              <Table.Th>Kept from</Table.Th>
              <Table.Th>End</Table.Th>
              <Table.Th>Behind</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {partitions.map((each) => (
              <Table.Tr key={each.partition} className="number">
                <Table.Td>{each.partition}</Table.Td>
                <Table.Td>{counted(each.first)}</Table.Td>
                <Table.Td>{counted(each.end)}</Table.Td>
                <Table.Td>{counted(each.lag)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Answer>
  );
}

function Jobs() {
  const found = useQuery({
    queryKey: ["jobs"],
    refetchInterval: OFTEN,
    queryFn: () => got(api.GET("/api/v1/jobs", { params: { query: { limit: 50 } } })),
  });
  return (
    <Answer of={found} lines={4}>
      {({ jobs }) =>
        jobs.length ? <JobTable jobs={jobs} /> : <Nothing>No job was ordered.</Nothing>
      }
    </Answer>
  );
}

function JobTable({ jobs }: { jobs: Schema["JobView"][] }) {
  return (
    <Table aria-label="Jobs">
      <Table.Thead>
        <Table.Tr>
          <Table.Th w={70}>Number</Table.Th>
          <Table.Th w={110}>Kind</Table.Th>
          <Table.Th w={110}>State</Table.Th>
          <Table.Th w={140}>Progress</Table.Th>
          <Table.Th>By</Table.Th>
          <Table.Th w={160}>Ordered</Table.Th>
          <Table.Th w={160}>Changed</Table.Th>
          <Table.Th>
            <span className="hidden-visually">what can be done</span>
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {jobs.map((job) => (
          <Table.Tr key={job.id}>
            <Table.Td className="number">{job.id}</Table.Td>
            <Table.Td>{job.kind}</Table.Td>
            <Table.Td>
              <Badge color={{ done: "green", failed: "red" }[job.state] ?? "blue"}>
                {job.state}
              </Badge>
            </Table.Td>
            <Table.Td>
              <Progress value={job.progress * 100} aria-label={`progress of job ${job.id}`} />
            </Table.Td>
            <Table.Td>
              <Foreign text={job.author ?? "the server"} oneLine />
              {job.error && <Foreign text={job.error} />}
            </Table.Td>
            <Table.Td>
              <Moment at={job.created} />
            </Table.Td>
            <Table.Td>
              <Moment at={job.changed} />
            </Table.Td>
            <Table.Td>
              <End job={job} />
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function End({ job }: { job: Schema["JobView"] }) {
  const client = useQueryClient();
  const may = useMay("engineer");
  const ending = useMutation({
    mutationFn: () =>
      got(api.DELETE("/api/v1/jobs/{number}", { params: { path: { number: job.id } } })),
    onSuccess: () => {
      told(`Job ${job.id} is ended.`);
      return client.invalidateQueries({ queryKey: ["jobs"] });
    },
    onError: failed,
  });
  if (!may || (job.state !== "waiting" && job.state !== "running")) return null;
  return (
    <Button
      variant="default"
      size="compact-xs"
      loading={ending.isPending}
      onClick={() => ending.mutate()}
    >
      End
    </Button>
  );
}
