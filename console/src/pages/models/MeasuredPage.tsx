/** What the models promised, what other thresholds would do, and where they drift. */
import { Alert, Anchor, Stack } from "@mantine/core";
import { Link } from "wouter";
import { api, got, newKey } from "@/api/client";
import { Answer, Nothing } from "@/parts/Answer";
import { Page, Panel } from "@/parts/Page";
import { Moment } from "@/parts/times";
import { Ask } from "./Ask";
import { Calibration } from "./Calibration";
import { DriftTable } from "./DriftTable";
import { PromiseTable } from "./PromiseTable";
import { PROMISES, type Promises, useModels, usePromises } from "./queries";
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
    >
      <Ask
        name="Measure now"
        renews={PROMISES}
        ask={() =>
          got(
            api.POST("/api/v1/models/promises", {
              body: {},
              params: { header: { "idempotency-key": newKey() } },
            }),
          )
        }
      >
        {() => "Measured; what stands below is new."}
      </Ask>
      <Answer of={found} lines={8}>
        {(measured) =>
          measured === null ? (
            <Nothing>Nobody has measured yet what came of the models' promises.</Nothing>
          ) : (
            <Measured told={measured.told} key={measured.at} />
          )
        }
      </Answer>
    </Page>
  );
}

function Measured({ told }: { told: Promises }) {
  const models = useModels();
  return (
    <Stack gap="sm">
      {models.data && told.curve && told.curve.foresight !== models.data.foresight && (
        <Alert color="yellow" py="xs">
          This was measured of models that were in use before: measure again.
        </Alert>
      )}
      <Panel title="What another threshold would cost">
        {told.curve?.points.length ? (
          <Threshold curve={told.curve} />
        ) : (
          <Nothing>It was measured before this could be told, or without models: measure.</Nothing>
        )}
      </Panel>
      {told.curve && told.curve.matches > 0 && (
        <Panel title="Calibration" note="a share that was promised should be the one that alerts">
          <Calibration curve={told.curve} />
        </Panel>
      )}
      <Panel title="Promised and realised" flush>
        {told.tenant ? (
          <PromiseTable told={told} />
        ) : (
          <Nothing>No model has judged an expected match yet.</Nothing>
        )}
      </Panel>
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
