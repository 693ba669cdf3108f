/** Alerts by day, as it is and with the edit. */
import { useMemo } from "react";
import { Chart } from "@/parts/Chart";
import type { WhatIf } from "@/parts/whatif";

const HEIGHT = 180;
const WIDEST = 36; // px of a bar: one day alone would be a wall

export function WhatIfDays({ days }: { days: WhatIf["days"] }) {
  const { option, twin } = useMemo(() => {
    const found = Object.entries(days).sort(([a], [b]) => (a < b ? -1 : 1));
    const bar = (name: string, side: "before" | "after") => ({
      name,
      type: "bar",
      barMaxWidth: WIDEST,
      data: found.map(([, volume]) => volume[side]),
    });
    return {
      option: {
        grid: { left: 44, right: 12, top: 30, bottom: 24 },
        legend: { top: 0, left: 0 },
        tooltip: { trigger: "axis" },
        xAxis: { type: "category", data: found.map(([day]) => day) },
        yAxis: { type: "value", minInterval: 1 },
        series: [bar("now", "before"), bar("with the edit", "after")],
      },
      twin: {
        columns: ["day (UTC)", "now", "with the edit"],
        rows: found.map(([day, { before, after }]) => [day, before, after]),
      },
    };
  }, [days]);
  return <Chart label="Alerts by day" option={option} twin={twin} height={HEIGHT} />;
}
