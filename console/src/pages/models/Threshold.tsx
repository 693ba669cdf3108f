/** What another threshold would cost and catch; the one in force stays until models are trained. */
import { Anchor, Button, Group, SimpleGrid, Stack, Table, Text } from "@mantine/core";
import { useState } from "react";
import { Link } from "wouter";
import { useMay } from "@/api/me";
import { TwinTable } from "@/parts/Chart";
import { percent, whole } from "@/parts/numbers";
import { Figure } from "@/parts/Page";
import { WhatIfButton } from "@/parts/WhatIfButton";
import {
  alonesText,
  caughtText,
  costText,
  daysText,
  inForce,
  loudest,
  pace,
  twinOf,
} from "./curve";
import type { Curve, Point } from "./measured";
import { ThresholdCurve } from "./ThresholdCurve";

const MOST = 8; // rules named

interface Props {
  curve: Curve;
  alone?: boolean; // of one rule
}

export function Threshold({ curve, alone = false }: Props) {
  const now = inForce(curve);
  const [at, setAt] = useState(now);
  const [table, setTable] = useState(false);
  const point = curve.points[at] as Point;
  return (
    <Stack gap="sm">
      <Group justify="space-between" align="flex-start" wrap="nowrap">
        <Legend alone={alone} />
        <Button
          variant="subtle"
          size="compact-xs"
          flex="none"
          aria-pressed={table}
          onClick={() => setTable(!table)}
        >
          {table ? "As a chart" : "As a table"}
        </Button>
      </Group>
      {table ? (
        <TwinTable label="Costs by threshold" twin={twinOf(curve)} height={260} />
      ) : (
        <ThresholdCurve curve={curve} at={at} move={setAt} alone={alone} />
      )}
      <Cost curve={curve} at={at} now={now} />
      <Text size="sm" aria-live="polite">
        {costText(curve, point)}. {caughtText(curve, point)}.{!alone && alonesText(curve, point)}
      </Text>
      {!alone && <Loud curve={curve} at={at} />}
      <About curve={curve} alone={alone} />
      {alone ? <ForAll /> : <Setting point={point} isNow={at === now} key={at} />}
    </Stack>
  );
}

function Cost({ curve, at, now }: { curve: Curve; at: number; now: number }) {
  const [point, before] = [curve.points[at] as Point, curve.points[now] as Point];
  const { matches, days } = curve;
  return (
    <SimpleGrid cols={{ base: 2, sm: 3, lg: 5 }} spacing="xs">
      <Figure
        name="Threshold"
        value={percent(point.share)}
        note={at === now ? "in force now" : `in force: ${percent(curve.in_force)}`}
      />
      <Figure
        name="Expected matches that alert"
        value={whole(point.alerted)}
        note={change(point.alerted, before.alerted)}
      />
      <Figure
        name="How often"
        value={pace(point.alerted, days)}
        note={`judged over ${daysText(days)}`}
      />
      <Figure
        name="Suppressed"
        value={matches ? percent(1 - point.alerted / matches) : "–"}
        note={`of ${whole(matches)} expected matches`}
      />
      <Figure
        name="Recorded attacks told of"
        value={curve.chains ? `${point.caught} of ${curve.chains}` : "–"}
        note={curve.chains ? `at most ${percent(point.missed)} missed (95 %)` : "none fits here"}
      />
    </SimpleGrid>
  );
}

function change(now: number, before: number): string {
  const by = now - before;
  if (by === 0) return "as with the one in force";
  return by > 0 ? `${whole(by)} more than now` : `${whole(-by)} fewer than now`;
}

function About({ curve, alone }: { curve: Curve; alone: boolean }) {
  return (
    <Text size="xs" className="quiet">
      {curve.own
        ? "Of what the models in use have judged"
        : "The models in use have judged nothing yet: of what those before them have judged"}
      ; escalated matches are left out, and several like matches become one alert. The attacks are
      those of the gate set, {alone && "as if there were no other rule, and "}as if every model may
      suppress; the sealed ones are in the ledger only, so that nobody tunes to them.
      {!alone && curve.impossible > 0 && ` ${curve.impossible} attacks cannot be put here.`}
    </Text>
  );
}

/** What would set it: one share holds for all rules, and training takes it. */
function Setting({ point, isNow }: { point: Point; isNow: boolean }) {
  const may = useMay("engineer");
  return (
    <>
      <Text size="sm">
        Nothing changes by dragging. The threshold is one for all rules: it is set by the budget
        with which models are trained.
      </Text>
      {may && !isNow && (
        <Group align="flex-start">
          <WhatIfButton disabled={false} body={{ budget: point.share }} />
          <Anchor component={Link} size="sm" href={`/models/versions?budget=${point.share}`}>
            Train with this budget
          </Anchor>
        </Group>
      )}
    </>
  );
}

function ForAll() {
  return (
    <Text size="sm">
      Nothing changes by dragging: the threshold is one for all rules, and no rule has its own.{" "}
      <Anchor component={Link} size="sm" href="/models/promises" td="underline">
        What it would cost over all rules
      </Anchor>
      . To silence nothing of this rule, let its model only observe.
    </Text>
  );
}

function Legend({ alone }: { alone: boolean }) {
  const marks = [
    ["━", "var(--odd)", "expected matches that alert, with their 95 % interval (left)"],
    ["━", "var(--expected)", "recorded attacks told of (right)"],
    ["╍", "var(--low)", "by the models' words alone (right)"],
    ["┊", "var(--quiet)", "in force now"],
  ] as const;
  return (
    <Group gap="lg">
      {marks
        .filter(([mark]) => !alone || mark !== "╍")
        .map(([mark, colour, name]) => (
          <Text key={name} size="xs">
            <span style={{ color: colour }} aria-hidden="true">
              {mark}
            </span>{" "}
            {name}
          </Text>
        ))}
      <Text size="xs" className="quiet">
        Drag the line, or move it by arrow keys.
      </Text>
    </Group>
  );
}

function Loud({ curve, at }: { curve: Curve; at: number }) {
  const rules = loudest(curve.rules, at, MOST);
  if (!rules.length) return null;
  return (
    <Table aria-label="Rules that would alert most" maw="28rem">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Rules that would alert most</Table.Th>
          <Table.Th ta="right">Expected matches</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rules.map(([rule, count]) => (
          <Table.Tr key={rule}>
            <Table.Td>
              <Anchor component={Link} size="sm" href={`/models/${encodeURIComponent(rule)}`}>
                {rule}
              </Anchor>
            </Table.Td>
            <Table.Td ta="right" className="number">
              {whole(count)}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
