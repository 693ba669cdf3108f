import type { EChartsCoreOption } from "echarts/core";
import { useMemo } from "react";
import type { Schema } from "@/api/client";
import { Chart } from "@/parts/Chart";
import { momentText, useZone } from "@/parts/times";

const SERIES = [
  ["events", "events"],
  ["matches", "matches"],
  ["suppressed", "suppressed"],
  ["alerted", "alerted"],
] as const;

/** Events, matches and decisions over time, on a scale on which a few alerts are seen beside millions. */
export function Course({ course }: { course: Schema["CourseView"] }) {
  const [zone] = useZone();
  const times = useMemo(
    () => course.course.map((bucket) => momentText(new Date(bucket.time ?? 0), zone).slice(0, 16)),
    [course, zone],
  );
  const option = useMemo<EChartsCoreOption>(
    () => ({
      grid: { left: 56, right: 12, top: 28, bottom: 24 },
      legend: { top: 0 },
      tooltip: { trigger: "axis" },
      xAxis: { type: "category", data: times },
      yAxis: { type: "log", min: 1 },
      series: SERIES.map(([key, name]) => ({
        name,
        type: "line",
        symbolSize: 5,
        connectNulls: false,
        data: course.course.map((bucket) => bucket[key] || null), // a logarithm of nothing is none
      })),
    }),
    [course, times],
  );
  const rows = course.course.map((bucket, index) => [
    times[index] ?? "",
    ...SERIES.map(([key]) => bucket[key]),
  ]);
  return (
    <Chart
      label="Events, matches and decisions over time"
      option={option}
      twin={{ columns: ["Time", ...SERIES.map(([, name]) => name)], rows }}
      height={200}
    />
  );
}
