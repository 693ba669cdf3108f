/** Whether one model's matches are still what it learned, in figures and words. */
import { Stack, Text } from "@mantine/core";
import { Nothing } from "@/parts/Answer";
import { Facts } from "@/parts/Facts";
import { percent, whole } from "@/parts/numbers";
import { Panel } from "@/parts/Page";
import { baseRateText, stabilityText } from "./curve";
import { Said } from "./DriftTable";
import type { Drift } from "./measured";

export function DriftPanel({ of }: { of: Drift | undefined }) {
  return (
    <Panel title="Drift" note="of the last days, against what it learned">
      {of ? (
        <Stack gap="sm">
          <Facts of={facts(of)} />
          <Text size="xs" className="quiet">
            Unknown: parts of a match and of what stands before it that the model has never seen.
            The index of workloads is that of population stability: below 0.1 matches come from
            where they came from, above 0.25 much has moved. The daily review sends a model back to
            observing when something speaks against it.
          </Text>
        </Stack>
      ) : (
        <Nothing>Nothing was measured of this model.</Nothing>
      )}
    </Panel>
  );
}

function facts(of: Drift): [string, React.ReactNode][] {
  const rates = of.shift && baseRateText(of.shift);
  return [
    ["Matched when it learned", rates?.before ?? "–"],
    ["Matched lately", rates?.lately ?? "–"],
    ["Workloads", stabilityText(of.shift?.places ?? null)],
    ["Judged lately", `${whole(of.judged)}, ${whole(of.alerts)} alerts`],
    ["Unknown lately", of.judged ? percent(of.unknown) : "–"],
    ["Unknown when it learned", percent(of.unknown_before)],
    ["Telemetry missing", `before ${whole(of.incomplete)} of them`],
    ["The review", <Said key="said" of={of} />],
  ];
}
