/** The risk of some alerts over time, and the rules that it is from. */
import { Anchor, SimpleGrid, Table, Text } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import type { EChartsCoreOption } from "echarts/core";
import { useMemo } from "react";
import { Link } from "wouter";
import type { Schema } from "@/api/client";
import { Answer, Nothing } from "@/parts/Answer";
import { Chart } from "@/parts/Chart";
import { whole } from "@/parts/numbers";
import { Panel } from "@/parts/Page";
import { RiskNumber } from "@/parts/RiskNumber";
import { Moment, momentText, useZone } from "@/parts/times";

type Told = Schema["RiskCourseView"];

interface Props {
  of: UseQueryResult<Told>;
  note: string;
  none: string;
}

/** Of alerts: `none` says that none waited. */
export function RiskCourse({ of, note, none }: Props) {
  return (
    <Panel title="Risk over time" note={note}>
      <Answer
        of={of}
        lines={6}
        isEmpty={(told) => told.course.every((point) => point.waiting === 0)}
        empty={none}
      >
        {(told) => (
          <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="sm">
            <Course course={fromFirst(told.course)} />
            <Shares told={told} />
          </SimpleGrid>
        )}
      </Answer>
    </Panel>
  );
}

/** From the moment before the first alert waited: what is before it is empty. */
function fromFirst(course: Told["course"]): Told["course"] {
  const first = course.findIndex((point) => point.waiting > 0);
  return course.slice(Math.max(0, first - 1));
}

function Course({ course }: { course: Told["course"] }) {
  const [zone] = useZone();
  const times = useMemo(
    () => course.map((point) => momentText(new Date(point.time ?? 0), zone).slice(0, 16)),
    [course, zone],
  );
  const option = useMemo<EChartsCoreOption>(
    () => ({
      grid: { left: 40, right: 44, top: 28, bottom: 24 },
      legend: { top: 0, left: 0 },
      tooltip: { trigger: "axis" },
      xAxis: { type: "category", data: times },
      yAxis: [
        { type: "value", min: 0, max: 100 },
        { type: "value", minInterval: 1, splitLine: { show: false } },
      ],
      series: [
        line(
          "risk",
          course.map((point) => Math.round(point.risk)),
          0,
        ),
        line(
          "alerts that wait",
          course.map((point) => point.waiting),
          1,
        ),
      ],
    }),
    [course, times],
  );
  const rows = course.map((point, index) => [
    times[index] ?? "",
    Math.round(point.risk),
    point.waiting,
    point.rule ?? "",
  ]);
  return (
    <Chart
      label="Risk over time"
      option={option}
      twin={{ columns: ["Time", "Risk", "Alerts that wait", "Rule of the riskiest"], rows }}
      height={190}
    />
  );
}

const line = (name: string, data: number[], axis: number) => ({
  name,
  data,
  type: "line",
  step: "end",
  symbol: "none",
  yAxisIndex: axis,
});

function Shares({ told }: { told: Told }) {
  if (!told.shares.length) return <Nothing>Nothing waits any more.</Nothing>;
  return (
    <div>
      <Table aria-label="What the risk is from">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Rule</Table.Th>
            <Table.Th ta="right">Risk</Table.Th>
            <Table.Th ta="right">Waiting</Table.Th>
            <Table.Th>Since</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {told.shares.slice(0, 8).map((share) => (
            <Table.Tr key={share.rule}>
              <Table.Td>
                <Anchor
                  component={Link}
                  size="sm"
                  href={`/rules/${encodeURIComponent(share.rule)}`}
                >
                  {share.rule}
                </Anchor>
              </Table.Td>
              <Table.Td ta="right">
                <RiskNumber risk={share.risk} />
              </Table.Td>
              <Table.Td ta="right" className="number">
                {whole(share.waiting)}
              </Table.Td>
              <Table.Td>
                <Moment at={share.since} short />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <More left={told.shares.length - 8} whole={told.of_all} />
    </div>
  );
}

function More({ left, whole: all }: { left: number; whole: boolean }) {
  if (left <= 0 && all) return null;
  return (
    <Text size="xs" className="quiet" mt={4}>
      {left > 0 && `${left} more rules. `}
      {!all && "Of the newest 5,000 alone."}
    </Text>
  );
}
