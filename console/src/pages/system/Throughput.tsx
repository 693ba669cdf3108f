/** How many events a minute came of late, by the hour of their own time. */
import { useQuery } from "@tanstack/react-query";
import type { EChartsCoreOption } from "echarts/core";
import { useMemo } from "react";
import { api, got } from "@/api/client";
import { Answer } from "@/parts/Answer";
import { Chart } from "@/parts/Chart";
import { bytesText, counted } from "@/parts/numbers";
import { Panel } from "@/parts/Page";
import { Ended, useEnd } from "@/parts/span";
import { momentText, useZone } from "@/parts/times";
import { type Rate, ratesOf, rateText } from "./rate";

const SPAN = 48 * 3_600_000; // ms
const OFTEN = 60_000; // ms

export function Throughput() {
  const end = useEnd();
  const found = useQuery({
    queryKey: ["figures", "events", end?.end],
    enabled: end !== null,
    refetchInterval: OFTEN,
    queryFn: async () => {
      const now = end?.past === false ? Date.now() : (end?.end ?? 0);
      const query = {
        from: new Date(now - SPAN).toISOString(),
        until: new Date(now).toISOString(),
      };
      const told = await got(api.GET("/api/v1/figures/events", { params: { query } }));
      return ratesOf(told.hours, told.since ?? query.from, told.until ?? query.until, Date.now());
    },
  });
  return (
    <Panel title="Events a minute" note={<Ended />}>
      <Answer
        of={found}
        lines={6}
        isEmpty={(rates) => rates.every((rate) => rate.events === 0)}
        empty="No event came in these two days."
      >
        {(rates) => <Drawn rates={rates} />}
      </Answer>
    </Panel>
  );
}

function Drawn({ rates }: { rates: Rate[] }) {
  const [zone] = useZone();
  const times = useMemo(
    () => rates.map((rate) => momentText(new Date(rate.time), zone).slice(0, 16)),
    [rates, zone],
  );
  const option = useMemo<EChartsCoreOption>(
    () => ({
      grid: { left: 56, right: 12, top: 12, bottom: 24 },
      tooltip: { trigger: "axis" },
      xAxis: { type: "category", data: times },
      yAxis: { type: "value", min: 0 },
      series: [
        {
          name: "events a minute",
          type: "bar",
          data: rates.map((rate) => Number(rate.minute.toFixed(2))),
        },
      ],
    }),
    [rates, times],
  );
  const rows = rates.map((rate, at) => [
    times[at] ?? "",
    rateText(rate.minute),
    counted(rate.events),
    bytesText(rate.bytes),
  ]);
  const columns = ["Hour", "Events a minute", "Events", "Bytes"];
  return (
    <Chart
      label="Events a minute, mean of each hour"
      option={option}
      twin={{ columns, rows }}
      height={180}
    />
  );
}
