/** Which of the disabled rules should be turned on? By what comes in, and by the past. */
import { Anchor, Button, Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { useMay } from "@/api/me";
import { Answer, Failed, Nothing } from "@/parts/Answer";
import { Job, resultOf } from "@/parts/Job";
import { Page, Panel } from "@/parts/Page";
import { failed } from "@/parts/undo";
import { useUrl } from "@/parts/url";
import { useWhatIf } from "@/parts/useWhatIf";
import { recallText, type WhatIf } from "@/parts/whatif";
import { Blind } from "./Blind";
import { Candidates } from "./Candidates";
import { tuningOf } from "./keeping";
import { hoursOf } from "./Needs";
import { type Rule, useAllRules, useReach } from "./queries";
import { tuningFile } from "./tuningText";
import { byWorth, candidatesOf, type Volumes, volumesOf } from "./worth";

export function TurnOnPage() {
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
        note="first those that can match what comes in, then those with techniques that no rule in use names, the severest, the quietest"
      >
        <Answer of={found} lines={5}>
          {(rules) =>
            rules.some((rule) => !rule.enabled) ? (
              <Disabled rules={rules} />
            ) : (
              <Nothing>No rule is disabled here: every rule labels what comes in.</Nothing>
            )
          }
        </Answer>
      </Panel>
      <Blind />
    </Page>
  );
}

function Disabled({ rules }: { rules: Rule[] }) {
  const [url] = useUrl();
  const may = useMay("engineer");
  const reach = useReach(hoursOf(url.get("hours")));
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set()); // out of the next question
  const [asked, setAsked] = useState<readonly string[]>([]);
  const asking = useWhatIf();
  const told = useAnswer(asking.number);
  const volumes = (rule: string): Volumes | null =>
    told && asked.includes(rule) ? volumesOf(told, rule) : null;
  const candidates = byWorth(candidatesOf(rules, reach.data, volumes));
  const chosen = candidates.filter(({ id }) => !left.has(id)).map(({ id }) => id);
  const toggle = (id: string) => {
    const next = new Set(left);
    if (!next.delete(id)) next.add(id);
    setLeft(next);
  };
  const ask = async () => {
    const changed = await Promise.all(chosen.map(turnedOn));
    setAsked(chosen);
    asking.ask({ changed, examples: 0 });
  };
  return (
    <Stack gap="sm">
      {may && (
        <Group>
          <Button
            disabled={!chosen.length}
            loading={asking.busy}
            onClick={() => ask().catch(failed)}
          >
            What would the chosen ones do?
          </Button>
          <Text size="xs" className="quiet">
            asked of the retained past, through the models in use
          </Text>
        </Group>
      )}
      {asking.error && <Failed error={asking.error} />}
      {asking.number !== undefined && (
        <Job number={asking.number} key={asking.number}>
          {(result) => <Recall told={result as WhatIf} rules={asked} />}
        </Job>
      )}
      <Candidates of={candidates} left={left} toggle={toggle} may={may} />
    </Stack>
  );
}

/** The tuning of a rule as it is, but for that it labels. */
async function turnedOn(rule: string) {
  const found = await tuningOf(rule);
  return tuningFile(rule, true, found?.body.foreseen ?? {});
}

/** The answer of a job, once parts/Job has it. */
function useAnswer(number: number | undefined): WhatIf | undefined {
  const { data } = useQuery({ ...resultOf(number ?? 0), enabled: false });
  return number === undefined ? undefined : (data as WhatIf | undefined);
}

/** Recorded attacks are told of by all rules together: what one adds is known when it is asked alone. */
function Recall({ told, rules }: { told: WhatIf; rules: readonly string[] }) {
  const [only] = rules;
  return (
    <Text size="sm">
      {rules.length === 1 ? `With ${only}: ` : `With all ${rules.length} of them: `}
      {recallText(told.recall)}
      {rules.length > 1 && " What one of them adds is told when it is asked alone."}
    </Text>
  );
}
