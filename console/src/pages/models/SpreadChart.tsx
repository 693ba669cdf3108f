/** How probabilities lie lately: a tenth of expected matches should be in each tenth. */
import { Stack, Text } from "@mantine/core";
import { useMemo } from "react";
import { Chart } from "@/parts/Chart";
import { percent, whole } from "@/parts/numbers";
import { stabilityText } from "./curve";
import type { Spread } from "./measured";

export function SpreadChart({ spread }: { spread: Spread }) {
  const { option, twin } = useMemo(() => drawn(spread), [spread]);
  return (
    <Stack gap="xs">
      <Text size="sm">
        Of {whole(spread.judged)} matches judged lately: {stabilityText(spread.stability)}. More on
        the left: matches are odder than those that calibrated the models.
      </Text>
      <Chart label="Probabilities lately and when calibrated" option={option} twin={twin} />
    </Stack>
  );
}

function drawn({ upto, calibrated, lately }: Spread) {
  const names = upto.map((end, at) => `${percent(upto[at - 1] ?? 0)} to ${percent(end)}`);
  return {
    option: {
      grid: { left: 52, right: 16, top: 34, bottom: 44 },
      legend: { top: 0, left: 0 },
      tooltip: { trigger: "axis", valueFormatter: (value: number) => percent(value) },
      xAxis: {
        type: "category",
        data: upto.map((end) => percent(end)),
        name: "probability up to",
        nameLocation: "middle",
        nameGap: 26,
      },
      yAxis: { type: "value", axisLabel: { formatter: (value: number) => percent(value) } },
      series: [
        { name: "when calibrated", type: "bar", data: calibrated },
        { name: "lately", type: "bar", data: lately },
      ],
    },
    twin: {
      columns: ["probability", "when calibrated", "lately"],
      rows: names.map((name, at) => [name, percent(calibrated[at] ?? 0), percent(lately[at] ?? 0)]),
    },
  };
}
