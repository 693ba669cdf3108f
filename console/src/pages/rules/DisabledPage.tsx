/** Which of the disabled rules should be turned on? Asked of the past, and answered in volume. */
import { Anchor, Button, Checkbox, Group, Stack, Table, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { api, got, newKey } from "@/api/client";
import { useMay } from "@/api/me";
import { Answer, Failed, Nothing } from "@/parts/Answer";
import { Foreign } from "@/parts/Foreign";
import { Job } from "@/parts/Job";
import { Page, Panel } from "@/parts/Page";
import { Severity } from "@/parts/severity";
import { recallText, type WhatIf } from "@/parts/whatif";
import { Blind } from "./Blind";
import { type Rule, useAllRules } from "./queries";
import { TurnOn } from "./TurnOn";
import { enabling } from "./tuningText";
import { volumesOf } from "./volumes";

export function DisabledPage() {
  const found = useAllRules();
  return (
    <Page
      title="What to turn on"
      note={
        <Anchor component={Link} href="/rules" size="sm">
          All rules
        </Anchor>
      }
    >
      <Panel
        title="Disabled rules"
        note="what each would do is asked of the retained past, through the models in use"
      >
        <Answer of={found} lines={5}>
          {(rules) => <Disabled rules={rules.filter((rule) => !rule.enabled)} />}
        </Answer>
      </Panel>
      <Blind />
    </Page>
  );
}

function Disabled({ rules }: { rules: Rule[] }) {
  const may = useMay("engineer");
  const [chosen, setChosen] = useState<Set<string>>(() => new Set(rules.map((rule) => rule.id)));
  const trying = useMutation({
    mutationFn: () =>
      got(
        api.POST("/api/v1/what-if", {
          body: {
            changed: [...chosen].map(enabling),
            removed: [],
            suppressions: [],
            models: {},
            examples: 0,
          },
          params: { header: { "idempotency-key": newKey() } },
        }),
      ),
  });
  if (!rules.length)
    return <Nothing>No rule is disabled here: every rule labels what comes in.</Nothing>;
  const toggle = (id: string) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  };
  const table = (told?: WhatIf) => (
    <List rules={rules} told={told} chosen={chosen} toggle={toggle} may={may} />
  );
  return (
    <Stack gap="sm">
      {may && (
        <Group>
          <Button
            disabled={!chosen.size}
            loading={trying.isPending}
            onClick={() => trying.mutate()}
          >
            What would the chosen ones do?
          </Button>
        </Group>
      )}
      {trying.error && <Failed error={trying.error} />}
      {trying.data ? (
        <Job number={trying.data.id} key={trying.data.id}>
          {(result) => (
            <Stack gap="xs">
              <Text size="sm">All of them together: {recallText((result as WhatIf).recall)}</Text>
              {table(result as WhatIf)}
            </Stack>
          )}
        </Job>
      ) : (
        table()
      )}
    </Stack>
  );
}

interface ListProps {
  rules: Rule[];
  told: WhatIf | undefined;
  chosen: Set<string>;
  toggle: (id: string) => void;
  may: boolean;
}

function List({ rules, told, chosen, toggle, may }: ListProps) {
  return (
    <Table aria-label="Disabled rules">
      <Table.Thead>
        <Table.Tr>
          <Table.Th w={40}>
            <span className="hidden-visually">chosen</span>
          </Table.Th>
          <Table.Th>Rule</Table.Th>
          <Table.Th w={110}>Level</Table.Th>
          <Table.Th w={110}>Decided by</Table.Th>
          <Table.Th ta="right">Matches</Table.Th>
          <Table.Th ta="right">Suppressed</Table.Th>
          <Table.Th ta="right">Alerts</Table.Th>
          <Table.Th>That means</Table.Th>
          <Table.Th w={90}>
            <span className="hidden-visually">what can be done</span>
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rules.map((rule) => {
          const volume = volumesOf(told, rule.id);
          return (
            <Table.Tr key={rule.id}>
              <Table.Td>
                <Checkbox
                  aria-label={`Ask about ${rule.id}`}
                  checked={chosen.has(rule.id)}
                  onChange={() => toggle(rule.id)}
                />
              </Table.Td>
              <Table.Td>
                <Anchor component={Link} size="sm" href={`/rules/${encodeURIComponent(rule.id)}`}>
                  {rule.id}
                </Anchor>{" "}
                <span className="quiet">
                  <Foreign text={rule.title} oneLine />
                </span>
              </Table.Td>
              <Table.Td>
                <Severity severity={rule.level} />
              </Table.Td>
              <Table.Td>{rule.decided_by}</Table.Td>
              <Table.Td ta="right" className="number">
                {volume?.matches ?? "–"}
              </Table.Td>
              <Table.Td ta="right" className="number">
                {volume?.suppressed ?? "–"}
              </Table.Td>
              <Table.Td ta="right" className="number">
                {volume?.alerts ?? "–"}
              </Table.Td>
              <Table.Td>{volume?.says ?? <span className="quiet">not asked yet</span>}</Table.Td>
              <Table.Td>{may && <TurnOn rule={rule.id} />}</Table.Td>
            </Table.Tr>
          );
        })}
      </Table.Tbody>
    </Table>
  );
}
