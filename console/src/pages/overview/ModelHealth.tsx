/** How the models stand: their stages, the threshold in force, what they would miss. */
import { Anchor, Stack, Text } from "@mantine/core";
import { Link } from "wouter";
import { Answer } from "@/parts/Answer";
import { Facts } from "@/parts/Facts";
import { useLedger } from "@/parts/ledger";
import { percent, whole } from "@/parts/numbers";
import { Moment } from "@/parts/times";
import { useModels } from "./overview";
import { missedText } from "./shares";

const STAGES = ["suppress", "assist", "observe"];

export function ModelHealth() {
  const models = useModels();
  return (
    <Stack gap="xs">
      <Answer
        of={models}
        isEmpty={(told) => told === null}
        empty={
          <>
            No model has been trained, so every match alerts. <Link href="/models">Train them</Link>
          </>
        }
      >
        {(told) =>
          told && (
            <Facts
              of={[
                [
                  "models",
                  <Anchor key="models" component={Link} size="sm" href="/models">
                    {STAGES.map(
                      (stage) =>
                        `${told.models.filter((each) => each.stage === stage).length} ${stage}`,
                    ).join(", ")}
                  </Anchor>,
                ],
                ["version", whole(told.version)],
                ["accepted until", <Moment key="until" at={told.accepted_until} />],
                ["alerts at or below", budgetText(told.budget.in_force, told.budget.share)],
                ["without a model", `${Object.keys(told.skipped).length} marked rules`],
              ]}
            />
          )
        }
      </Answer>
      <Missed />
    </Stack>
  );
}

const budgetText = (force: number, share: number): string =>
  `${percent(force)} of expected matches as surprising${force === share ? "" : ` (asked for: ${percent(share)})`}`;

function Missed() {
  const ledger = useLedger();
  return (
    <Answer of={ledger} lines={1}>
      {(told) => (
        <Text size="sm">
          {told === null
            ? "What the models would miss has not been measured here yet: the ledger is on the page Models."
            : missedText(told.ledger.sealed.product)}
        </Text>
      )}
    </Answer>
  );
}
