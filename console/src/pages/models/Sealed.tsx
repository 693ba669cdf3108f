import { SimpleGrid } from "@mantine/core";
import { api, got, newKey } from "@/api/client";
import { Rates } from "@/pages/suppressed/Rates";
import { Answer } from "@/parts/Answer";
import { LEDGER, type Recall, useLedger } from "@/parts/ledger";
import { percent, whole } from "@/parts/numbers";
import { Figure, Panel } from "@/parts/Page";
import { Moment } from "@/parts/times";
import { Ask } from "./Ask";

const askLedger = () =>
  got(
    api.POST("/api/v1/models/ledger", {
      body: { placements: 4 },
      params: { header: { "idempotency-key": newKey() } },
    }),
  );

/** What silence costs: recall on attacks that no model, threshold or gate ever saw. */
export function Sealed({ foresight }: { foresight: string }) {
  const found = useLedger();
  return (
    <Panel
      title="What silence costs"
      note="recall on sealed attack chains, put among your own matches"
      actions={found.data && <Ask name="Work it out anew" ask={askLedger} renews={LEDGER} />}
    >
      <Answer of={found} lines={2} isEmpty={(told) => told === null} empty={<Rates />}>
        {(told) =>
          told && (
            <SimpleGrid cols={{ base: 1, sm: 3 }} spacing="xs">
              <RecallFigure
                name="Caught by the models' own word"
                recall={told.ledger.sealed.models}
              />
              <RecallFigure name="Caught by the product" recall={told.ledger.sealed.product} />
              <Figure
                name="Worked out"
                value={<Moment at={told.changed} short />}
                note={
                  told.ledger.foresight === foresight
                    ? `each run at ${placesText(told.ledger.placements)}`
                    : "of models that were in use before"
                }
              />
            </SimpleGrid>
          )
        }
      </Answer>
    </Panel>
  );
}

const placesText = (count: number): string =>
  count === 1 ? "one place" : `${whole(count)} places`;

function RecallFigure({ name, recall }: { name: string; recall: Recall | null }) {
  if (!recall?.chains) return <Figure name={name} value="–" note="no sealed chain fits here" />;
  return (
    <Figure
      name={name}
      value={`${recall.caught} of ${recall.chains}`}
      note={`with 95 % confidence at most ${percent(recall.upper)} of such chains are missed`}
    />
  );
}
