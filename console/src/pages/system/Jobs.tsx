/** Jobs that people or the server ordered: how far they are, what became of them, their end. */
import { Badge, Button, Group, Progress, Select, Table } from "@mantine/core";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, got, type Schema } from "@/api/client";
import { useMay } from "@/api/me";
import { Answer } from "@/parts/Answer";
import { Foreign } from "@/parts/Foreign";
import { percent } from "@/parts/numbers";
import { Panel } from "@/parts/Page";
import { Moment } from "@/parts/times";
import { failed, told } from "@/parts/undo";
import { useUrl } from "@/parts/url";

const OFTEN = 5_000; // ms
type State = Schema["Standing"];
const COLOURS: Record<State, string> = {
  waiting: "blue",
  running: "blue",
  done: "green",
  failed: "red",
  cancelled: "gray",
};
const STATES = Object.keys(COLOURS) as State[];

export function Jobs() {
  const [url, setUrl] = useUrl();
  const state = STATES.find((each) => each === url.get("state")) ?? null;
  const found = useInfiniteQuery({
    queryKey: ["jobs", state],
    refetchInterval: OFTEN,
    queryFn: ({ pageParam }) =>
      got(
        api.GET("/api/v1/jobs", {
          params: { query: { limit: 50, cursor: pageParam, state: state ?? undefined } },
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });
  const jobs = found.data?.pages.flatMap((page) => page.jobs) ?? [];
  const choice = (
    <Select
      aria-label="State of jobs"
      placeholder="any state"
      clearable
      w={140}
      data={STATES}
      value={state}
      onChange={(value) => setUrl({ state: value }, true)}
    />
  );
  return (
    <Panel title="Jobs" actions={choice}>
      <Answer
        of={found}
        lines={4}
        isEmpty={() => jobs.length === 0}
        empty={state ? `No job is ${state}.` : "No job was ordered."}
      >
        {() => <JobTable jobs={jobs} />}
      </Answer>
      {found.hasNextPage && (
        <Group mt="xs">
          <Button
            variant="default"
            loading={found.isFetchingNextPage}
            onClick={() => found.fetchNextPage()}
          >
            Older ones
          </Button>
        </Group>
      )}
    </Panel>
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
          <Table.Th w={170}>Progress</Table.Th>
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
              <Badge color={COLOURS[job.state]}>{job.state}</Badge>
            </Table.Td>
            <Table.Td>
              <Group gap="xs" wrap="nowrap">
                <Progress
                  value={job.progress * 100}
                  aria-label={`progress of job ${job.id}`}
                  style={{ flex: 1 }}
                />
                <span className="number quiet">{percent(job.progress)}</span>
              </Group>
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
