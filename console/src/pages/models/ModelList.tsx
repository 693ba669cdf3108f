import { Anchor, Badge, Group, SimpleGrid } from "@mantine/core";
import { useMemo, useState } from "react";
import { Link, useLocation } from "wouter";
import type { Schema } from "@/api/client";
import { Answer } from "@/parts/Answer";
import { Foreign } from "@/parts/Foreign";
import { type Column, Grid } from "@/parts/Grid";
import { type LedgerLine, useLedger } from "@/parts/ledger";
import { percent, whole } from "@/parts/numbers";
import { Figure, Page, Panel } from "@/parts/Page";
import { Moment } from "@/parts/times";
import type { Drift } from "./measured";
import { useModels, usePromises } from "./queries";
import { Sealed } from "./Sealed";
import { StageBadge } from "./Stage";

type Row = {
  model: Schema["ModelRow"];
  line: LedgerLine | undefined;
  drift: Drift | undefined;
};

const total = (model: Schema["ModelRow"]): number =>
  Object.values(model.history).reduce((sum, matches) => sum + matches, 0);

const COLUMNS: Column<Row>[] = [
  {
    name: "Rule",
    width: "minmax(12rem, 2fr)",
    cell: ({ model }) => <Foreign text={model.rule} oneLine />,
  },
  { name: "Stage", width: "6.4rem", cell: ({ model }) => <StageBadge stage={model.stage} /> },
  { name: "History", width: "6rem", right: true, cell: ({ model }) => whole(total(model)) },
  {
    name: "Workloads",
    width: "6rem",
    right: true,
    cell: ({ model }) => whole(Object.keys(model.history).length),
  },
  {
    name: "Suppressed",
    width: "6rem",
    right: true,
    cell: ({ line }) => (line?.matches ? percent(line.suppressed / line.matches) : "–"),
  },
  {
    name: "Sealed attacks",
    width: "14rem",
    right: true,
    cell: ({ line }) => <Recall line={line} />,
  },
  { name: "Drift", width: "5.4rem", cell: ({ drift }) => <DriftWord of={drift} /> },
  {
    name: "Why it stands there",
    width: "minmax(14rem, 3fr)",
    cell: ({ model }) => <Foreign text={model.why} oneLine />,
  },
];

function Recall({ line }: { line: LedgerLine | undefined }) {
  if (!line?.recall?.chains) return "–";
  const { caught, chains, upper } = line.recall;
  const missed = `by this rule's model alone; with 95 % confidence at most ${percent(upper)} are missed`;
  return (
    <span title={missed}>
      {caught} of {chains}, {percent(upper)} at most missed
    </span>
  );
}

function DriftWord({ of }: { of: Drift | undefined }) {
  if (!of) return <span className="quiet">–</span>;
  return of.objection ? (
    <Badge color="red">drifts</Badge>
  ) : (
    <span className="quiet">none seen</span>
  );
}

export function ModelList() {
  const [, go] = useLocation();
  const [at, setAt] = useState(0);
  const found = useModels();
  const ledger = useLedger();
  const measured = usePromises();
  const rows = useMemo(() => {
    const lines = new Map(ledger.data?.ledger.rules.map((line) => [line.rule, line]));
    const said = measured.data?.told;
    const ours = said?.curve?.foresight === found.data?.foresight; // else of models before them
    const drifts = new Map(ours ? said?.drift?.map((each) => [each.rule, each]) : []);
    return (found.data?.models ?? [])
      .map((model) => ({ model, line: lines.get(model.rule), drift: drifts.get(model.rule) }))
      .sort((a, b) => total(b.model) - total(a.model));
  }, [found.data, ledger.data, measured.data]);
  return (
    <Page
      title="Models"
      note="one rule, one model"
      actions={
        <Group gap="md">
          <Anchor component={Link} href="/models/promises" size="sm">
            Threshold and drift
          </Anchor>
          <Anchor component={Link} href="/models/versions" size="sm">
            Versions and training
          </Anchor>
        </Group>
      }
    >
      <Answer
        of={found}
        lines={10}
        isEmpty={(models) => models === null}
        empty={
          <>
            No rule has a model yet: every match alerts.{" "}
            <Link href="/models/versions">Accept history and train</Link>
          </>
        }
      >
        {(models) =>
          models && (
            <>
              <Numbers models={models} />
              <Sealed foresight={models.foresight} />
              <Panel flush>
                <Grid
                  label="Models"
                  rows={rows}
                  columns={COLUMNS}
                  idOf={(row) => row.model.rule}
                  at={at}
                  move={setAt}
                  open={(row) => go(`/models/${encodeURIComponent(row.model.rule)}`)}
                  least="64rem"
                  height={`${Math.min(rows.length + 1, 24) * 28 + 4}px`}
                />
              </Panel>
              <Skipped skipped={models.skipped as Record<string, number>} />
            </>
          )
        }
      </Answer>
    </Page>
  );
}

function Numbers({ models }: { models: Schema["ModelsView"] }) {
  const { budget } = models;
  return (
    <SimpleGrid cols={{ base: 2, sm: 3, lg: 5 }} spacing="xs">
      <Figure name="Version" value={models.version} />
      <Figure
        name="Models"
        value={whole(models.models.length)}
        note={`fusion “${models.fusion}”`}
      />
      <Figure
        name="May alert of the expected"
        value={percent(budget.in_force)}
        note={budget.alerts_a_day === null ? "a share" : `${budget.alerts_a_day} alerts a day`}
      />
      <Figure name="Calibrated by" value={whole(budget.calibrated_by)} note="expected matches" />
      <Figure name="History accepted until" value={<Moment at={models.accepted_until} short />} />
    </SimpleGrid>
  );
}

function Skipped({ skipped }: { skipped: Record<string, number> }) {
  const rules = Object.entries(skipped);
  if (!rules.length) return null;
  return (
    <Panel title="Rules without a model" note="they had too few matches, so each of them alerts">
      <Group gap="md">
        {rules.map(([rule, matches]) => (
          <span key={rule}>
            <Anchor
              component={Link}
              size="sm"
              href={`/rules/${encodeURIComponent(rule)}?tab=needs`}
            >
              {rule}
            </Anchor>{" "}
            <span className="quiet">{whole(matches)}</span>
          </span>
        ))}
      </Group>
    </Panel>
  );
}
