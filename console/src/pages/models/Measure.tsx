/** Has promises, threshold curve and drift measured anew, by a job. */
import { Alert, Stack } from "@mantine/core";
import { api, got, newKey } from "@/api/client";
import { useMay } from "@/api/me";
import { Nothing } from "@/parts/Answer";
import { Ask } from "./Ask";
import type { Promises } from "./measured";
import { PROMISES, useModels } from "./queries";

export function Measure() {
  return (
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
      {() => "Measured: what you see is new."}
    </Ask>
  );
}

/** What a page says before anybody has measured. */
export function Unmeasured() {
  const may = useMay("engineer");
  return (
    <Stack gap={0} align="center">
      <Nothing>
        Nobody has measured it yet: what was promised and came of it, what other thresholds would
        do, and signs of drift are worked out by a job.
      </Nothing>
      {may ? <Measure /> : <Nothing>Starting it takes the scope engineer.</Nothing>}
    </Stack>
  );
}

/** Says that figures are about models that were in use before. */
export function OfOthers({ told }: { told: Promises }) {
  const models = useModels();
  if (!models.data || !told.curve || told.curve.foresight === models.data.foresight) return null;
  return (
    <Alert color="yellow" py="xs">
      This was measured of models that were in use before: measure again.
    </Alert>
  );
}
