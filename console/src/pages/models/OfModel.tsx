/** What was measured of one model: what thresholds would cost, its calibration, its drift. */
import { Group, SimpleGrid, Stack } from "@mantine/core";
import { Answer, Nothing } from "@/parts/Answer";
import { Panel } from "@/parts/Page";
import { Moment } from "@/parts/times";
import { ofRule } from "./curve";
import { DriftPanel } from "./DriftPanel";
import { Kept } from "./Kept";
import { Measure, OfOthers, Unmeasured } from "./Measure";
import type { Promises } from "./measured";
import { usePromises } from "./queries";
import { Threshold } from "./Threshold";

export function OfModel({ rule }: { rule: string }) {
  const found = usePromises();
  return (
    <Answer of={found} lines={8}>
      {(measured) =>
        measured === null ? (
          <Panel title="Threshold, calibration and drift">
            <Unmeasured />
          </Panel>
        ) : (
          <Measured rule={rule} told={measured.told} at={measured.at} key={measured.at} />
        )
      }
    </Answer>
  );
}

interface Props {
  rule: string;
  told: Promises;
  at: string | null;
}

function Measured({ rule, told, at }: Props) {
  const curve = told.curve?.rules ? ofRule(told.curve, rule) : null;
  return (
    <Stack gap="sm">
      <OfOthers told={told} />
      <Panel
        title="What another threshold would cost"
        note={
          <>
            this rule alone; measured <Moment at={at} short />
          </>
        }
        actions={
          <Group gap="xs">
            <Measure />
          </Group>
        }
      >
        {curve ? (
          <Threshold curve={curve} alone />
        ) : (
          <Nothing>This model had judged nothing then, and no recorded attack fits it.</Nothing>
        )}
      </Panel>
      <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="sm">
        <Kept rule={rule} promised={told.rules.find((each) => each.rule === rule)} curve={curve} />
        <DriftPanel of={told.drift?.find((each) => each.rule === rule)} />
      </SimpleGrid>
    </Stack>
  );
}
