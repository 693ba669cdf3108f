/** What another threshold would cost and catch; the one in force stays until models are trained. */
import { Anchor, Group, SimpleGrid, Stack, Table, Text } from "@mantine/core";
import { useState } from "react";
import { Link } from "wouter";
import { useMay } from "@/api/me";
import { percent, whole } from "@/parts/numbers";
import { Figure } from "@/parts/Page";
import { WhatIfButton } from "@/parts/WhatIfButton";
import { caughtText, costText, inForce, loudest } from "./curve";
import type { Curve, Point } from "./queries";
import { ThresholdCurve } from "./ThresholdCurve";

const MOST = 8; // rules named

export function Threshold({ curve }: { curve: Curve }) {
  const now = inForce(curve);
  const [at, setAt] = useState(now);
  const may = useMay("engineer");
  const point = curve.points[at] as Point;
  const before = curve.points[now] as Point;
  return (
    <Stack gap="sm">
      <Legend />
      <ThresholdCurve curve={curve} at={at} move={setAt} />
      <SimpleGrid cols={{ base: 2, md: 4 }} spacing="xs">
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
        <Figure name="A day" value={daily(curve, point)} note={daysText(curve)} />
        <Figure
          name="Recorded attacks told of"
          value={curve.chains ? `${point.caught} of ${curve.chains}` : "–"}
          note={`${point.by_models} by the models' words alone`}
        />
      </SimpleGrid>
      <Text size="sm" aria-live="polite">
        {costText(curve, point)}. {caughtText(curve, point)}.
      </Text>
      <Loud point={point} />
      <Text size="xs" className="quiet">
        {curve.own
          ? "Of what the models in use have judged"
          : "The models in use have judged nothing yet: of what those before them have judged"}
        ; escalated matches are left out, and several like matches become one alert. The attacks are
        those of the gate set, as if every model may suppress; the sealed ones are in the ledger
        only, so that nobody tunes to them.
        {curve.impossible > 0 && ` ${curve.impossible} attacks cannot be put here.`}
      </Text>
      {may && at !== now && (
        <Group align="flex-start">
          <WhatIfButton key={at} disabled={false} body={{ budget: point.share }} />
          <Anchor component={Link} size="sm" href={`/models/versions?budget=${point.share}`}>
            Train with this budget
          </Anchor>
        </Group>
      )}
    </Stack>
  );
}

function Legend() {
  return (
    <Group gap="lg">
      {[
        ["━", "var(--odd)", "expected matches that alert, with their 95 % interval (left)"],
        ["━", "var(--expected)", "recorded attacks told of (right)"],
        ["╍", "var(--low)", "by the models' words alone (right)"],
        ["┊", "var(--quiet)", "in force now"],
      ].map(([mark, colour, name]) => (
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

function change(now: number, before: number): string {
  const by = now - before;
  if (by === 0) return "as with the one in force";
  return by > 0 ? `${whole(by)} more than now` : `${whole(-by)} fewer than now`;
}

const daily = (curve: Curve, point: Point): string =>
  curve.days < 1 ? "–" : (point.alerted / curve.days).toFixed(1);

const daysText = (curve: Curve): string =>
  curve.days < 1
    ? "less than a day was judged"
    : `expected matches, over ${curve.days.toFixed(1)} days`;

function Loud({ point }: { point: Point }) {
  const rules = loudest(point, MOST);
  if (!rules.length) return null;
  return (
    <Table aria-label="Rules that would alert most" w="auto">
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
