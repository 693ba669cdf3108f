/** Counts over time, on a scale on which a few alerts are seen beside millions of events. */
import type { EChartsCoreOption } from "echarts/core";
import { useMemo } from "react";
import { Chart } from "@/parts/Chart";
import { momentText, useZone } from "@/parts/times";

type Bucket<K extends string> = Record<K, number> & { time: string | null };

interface Props<K extends string> {
  label: string;
  buckets: Bucket<K>[];
  /** Which counts, by their names. */
  counts: readonly K[];
}

export function CountsChart<K extends string>({ label, buckets, counts }: Props<K>) {
  const [zone] = useZone();
  const times = useMemo(
    () => buckets.map((bucket) => momentText(new Date(bucket.time ?? 0), zone).slice(0, 16)),
    [buckets, zone],
  );
  // A list that a page writes out is another one each time: its names say whether it changed.
  const names = counts.join(" ");
  const option = useMemo<EChartsCoreOption>(
    () => ({
      grid: { left: 56, right: 12, top: 28, bottom: 24 },
      legend: { top: 0 },
      tooltip: { trigger: "axis" },
      xAxis: { type: "category", data: times },
      yAxis: { type: "log", min: 1 },
      series: (names.split(" ") as K[]).map((name) => ({
        name,
        type: "line",
        symbolSize: 5,
        connectNulls: false,
        data: buckets.map((bucket) => bucket[name] || null), // a logarithm of nothing is none
      })),
    }),
    [buckets, times, names],
  );
  const rows = buckets.map((bucket, index) => [
    times[index] ?? "",
    ...counts.map((name) => bucket[name]),
  ]);
  return (
    <Chart
      label={label}
      option={option}
      twin={{ columns: ["Time", ...counts], rows }}
      height={180}
    />
  );
}
