/** How far the pipeline is behind in time, and how long its steps take. */
import { Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { api, got, type Schema } from "@/api/client";
import { Answer, Nothing } from "@/parts/Answer";
import { counted } from "@/parts/numbers";
import { Panel } from "@/parts/Page";
import { spanText } from "@/parts/times";

const OFTEN = 5_000; // ms

const NAMES: Record<string, string> = {
  receipt_to_commit: "from receipt into the lake, an event",
  commit_to_decision: "from there to its decision, a match",
  receipt_to_decision: "both together, a match",
};

export function Pace() {
  const found = useQuery({
    queryKey: ["figures", "pipeline"],
    refetchInterval: OFTEN,
    queryFn: () => got(api.GET("/api/v1/figures/pipeline")),
  });
  const behind = found.data?.lag_seconds;
  return (
    <Panel
      title="Pace"
      note={behind == null ? undefined : behind ? `${spanText(behind)} behind` : "nothing waits"}
    >
      <Answer of={found} lines={3}>
        {(told) => (told.here ? <Steps steps={told.steps} /> : <Nothing>{ELSEWHERE}</Nothing>)}
      </Answer>
    </Panel>
  );
}

const ELSEWHERE = "The pipeline works in another process; its /metrics tells its pace.";

const took = (seconds: number | null): string => (seconds === null ? "–" : spanText(seconds));

function Steps({ steps }: { steps: Schema["PipelineStepView"][] }) {
  return (
    <>
      <Table aria-label="How long steps take">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Step</Table.Th>
            <Table.Th ta="right">Count</Table.Th>
            <Table.Th ta="right">Half within</Table.Th>
            <Table.Th ta="right">99 of 100 within</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {steps.map((step) => (
            <Table.Tr key={step.name} className="number">
              <Table.Td>{NAMES[step.name] ?? step.name}</Table.Td>
              <Table.Td ta="right">{counted(step.count)}</Table.Td>
              <Table.Td ta="right">{took(step.p50)}</Table.Td>
              <Table.Td ta="right">{took(step.p99)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <Text size="xs" className="quiet" mt={4}>
        Since the server began.
      </Text>
    </>
  );
}
