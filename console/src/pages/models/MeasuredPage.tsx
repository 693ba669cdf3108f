/** What the models promised, what other thresholds would do, and where they drift. */
import { Anchor, Stack } from "@mantine/core";
import { Link } from "wouter";
import { Answer, Nothing } from "@/parts/Answer";
import { Page, Panel } from "@/parts/Page";
import { Moment } from "@/parts/times";
import { Calibration } from "./Calibration";
import { DriftTable } from "./DriftTable";
import { Measure, OfOthers, Unmeasured } from "./Measure";
import type { Promises } from "./measured";
import { PromiseTable } from "./PromiseTable";
import { usePromises } from "./queries";
import { SpreadChart } from "./SpreadChart";
import { Threshold } from "./Threshold";

export function MeasuredPage() {
  const found = usePromises();
  return (
    <Page
      title="Threshold and drift"
      note={
        <>
          {found.data && (
            <>
              measured <Moment at={found.data.at} short /> ·{" "}
            </>
          )}
          <Anchor component={Link} href="/models" size="sm">
            All models
          </Anchor>
        </>
      }
      actions={found.data && <Measure />}
    >
      <Answer of={found} lines={8}>
        {(measured) =>
          measured === null ? <Unmeasured /> : <Measured told={measured.told} key={measured.at} />
        }
      </Answer>
    </Page>
  );
}

function Measured({ told }: { told: Promises }) {
  const { curve, spread } = told;
  return (
    <Stack gap="sm">
      <OfOthers told={told} />
      <Panel title="What another threshold would cost" note="all rules together">
        {curve?.rules ? (
          <Threshold curve={curve} />
        ) : (
          <Nothing>It was measured before this could be told, or without models: measure.</Nothing>
        )}
      </Panel>
      {curve && curve.matches > 0 && (
        <Panel title="Calibration" note="a share that was promised should be the one that alerts">
          <Calibration curve={curve} />
        </Panel>
      )}
      <Panel title="Promised and realised" flush>
        {told.tenant ? (
          <PromiseTable told={told} />
        ) : (
          <Nothing>No model has judged an expected match yet.</Nothing>
        )}
      </Panel>
      {spread && spread.judged > 0 && (
        <Panel title="How sure the models are" note="probabilities lately, beside the calibration">
          <SpreadChart spread={spread} />
        </Panel>
      )}
      <Panel title="Drift" note="of the last days, against what each model learned" flush>
        {told.drift?.length ? (
          <DriftTable drift={told.drift} />
        ) : (
          <Nothing>Nothing was measured of it.</Nothing>
        )}
      </Panel>
    </Stack>
  );
}
