/** Alerts that an edit adds, removes or changes: some of each, with the way to what is there. */
import { Anchor, Group, Stack, Tabs, Text } from "@mantine/core";
import { Link } from "wouter";
import { useMay } from "@/api/me";
import { Foreign } from "@/parts/Foreign";
import { whole } from "@/parts/numbers";
import { Severity } from "@/parts/severity";
import { seen } from "@/parts/text";
import { Moment } from "@/parts/times";
import type { Example, WhatIf } from "@/parts/whatif";
import { fieldIs, within } from "@/parts/words";

const KINDS = {
  added: "would newly alert",
  removed: "would no longer alert",
  changed: "would differ",
};
type Kind = keyof typeof KINDS;
const AROUND = 60_000; // ms before and after

export function WhatIfExamples({ told }: { told: WhatIf }) {
  const there = (Object.keys(KINDS) as Kind[]).filter((kind) => told.examples[kind]?.length);
  if (!there.length) return null;
  return (
    <Tabs defaultValue={there[0]} keepMounted={false}>
      <Tabs.List aria-label="Examples">
        {there.map((kind) => (
          <Tabs.Tab key={kind} value={kind}>
            {whole(told[kind])} {KINDS[kind]}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {there.map((kind) => (
        <Tabs.Panel key={kind} value={kind} pt="xs">
          <Stack gap="sm">
            {told[kind] > told.examples[kind].length && (
              <Text size="xs" className="quiet">
                {told.examples[kind].length} of {whole(told[kind])}, of each rule one before a
                second of any:
              </Text>
            )}
            {told.examples[kind].map((each) => (
              <OneExample key={each.uid} of={each} kind={kind} />
            ))}
          </Stack>
        </Tabs.Panel>
      ))}
    </Tabs>
  );
}

function OneExample({ of, kind }: { of: Example; kind: Kind }) {
  const why = Array.isArray(of.why) ? of.why.join(" ") : of.why;
  return (
    <Stack gap={2}>
      <Group gap="sm">
        <Severity severity={of.severity} />
        <Moment at={new Date(of.first_time).toISOString()} />
        <Text size="sm" className="quiet">
          {seen(of.rule)} · {seen(of.workload)} · {seen(of.host)} ·{" "}
          {of.count === 1 ? "1 match" : `${whole(of.count)} matches`}
        </Text>
        <Ways of={of} kind={kind} />
      </Group>
      <Text size="sm" component="div">
        <Foreign text={of.title} mono most={300} />
      </Text>
      <Text size="sm" component="div" className="quiet">
        <Foreign text={why} most={400} />
        {Object.entries(of.changes).map(([name, [before, after]]) => (
          <span key={name}>
            {" "}
            · {name}: {seen(String(before))} → {seen(String(after))}
          </span>
        ))}
      </Text>
    </Stack>
  );
}

/** To the alert, if there may be one already; to the events around it. */
function Ways({ of, kind }: { of: Example; kind: Kind }) {
  const hunting = useMay("hunt");
  const around = within(fieldIs("host", of.host), of.first_time - AROUND, of.first_time + AROUND);
  return (
    <>
      {kind !== "added" && (
        <Anchor component={Link} size="sm" href={`/alerts/${encodeURIComponent(of.uid)}`}>
          The alert
        </Anchor>
      )}
      {hunting && (
        <Anchor component={Link} size="sm" href={`/hunt?search=${encodeURIComponent(around)}`}>
          Events around it
        </Anchor>
      )}
    </>
  );
}
