/** Calibration: the share of expected matches that was promised to alert, beside the realised one. */
import { useMemo } from "react";
import { Chart } from "@/parts/Chart";
import { percent } from "@/parts/numbers";
import type { Curve, Point } from "./measured";

export function Calibration({ curve }: { curve: Curve }) {
  const { option, twin } = useMemo(() => drawn(curve), [curve]);
  return (
    <Chart
      label="Promised and realised share of expected matches that alert"
      option={option}
      twin={twin}
      height={300}
    />
  );
}

function drawn(curve: Curve) {
  const realised = (point: Point) => (curve.matches ? point.alerted / curve.matches : 0);
  const least = 10 ** Math.floor(Math.log10(curve.resolution * 1.25));
  // On a logarithmic axis there is no place for none at all.
  const line = (name: string, value: (point: Point) => number, look: object) => ({
    name,
    type: "line",
    showSymbol: false,
    data: curve.points
      .filter((point) => value(point) > 0 && point.share >= least)
      .map((point) => [point.share, value(point)]),
    ...look,
  });
  const axis = (name: string) => ({
    type: "log",
    name,
    nameLocation: "middle",
    min: least,
    max: 1,
    axisLabel: { formatter: (value: number) => percent(value) },
  });
  return {
    option: {
      grid: { left: 70, right: 16, top: 34, bottom: 44 },
      legend: { top: 0, left: 0 },
      tooltip: { trigger: "axis", valueFormatter: (value: number) => percent(value) },
      xAxis: { ...axis("promised"), nameGap: 26 },
      yAxis: { ...axis("realised"), nameGap: 54 },
      series: [
        line("as promised", (point) => point.share, { lineStyle: { type: "dotted" } }),
        line("realised", realised, { lineStyle: { width: 2.5 } }),
        line("lowest (95 %)", (point) => point.low, { lineStyle: { type: "dashed", width: 1 } }),
        line("highest (95 %)", (point) => point.high, { lineStyle: { type: "dashed", width: 1 } }),
      ],
    },
    twin: {
      columns: ["promised", "realised", "lowest", "highest", "matches"],
      rows: curve.points.map((point) => [
        percent(point.share),
        percent(realised(point)),
        percent(point.low),
        percent(point.high),
        point.alerted,
      ]),
    },
  };
}
