/** What a rule would need to match here, and its model to know what is usual. */
import { Alert, SegmentedControl, Stack, Text } from "@mantine/core";
import type { Schema } from "@/api/client";
import { useModels } from "@/pages/models/queries";
import { Answer } from "@/parts/Answer";
import { Facts } from "@/parts/Facts";
import { whole } from "@/parts/numbers";
import { Panel } from "@/parts/Page";
import { seen } from "@/parts/text";
import { Moment } from "@/parts/times";
import { useUrl } from "@/parts/url";
import { useReach } from "./queries";

const HOURS = [
  { value: "24", label: "24 h" },
  { value: "168", label: "7 d" },
];

export function HoursChoice() {
  const [url, setUrl] = useUrl();
  return (
    <SegmentedControl
      aria-label="Telemetry of the last"
      data={HOURS}
      value={hoursOf(url.get("hours")).toString()}
      onChange={(value) => setUrl({ hours: value === "168" ? null : value }, true)}
    />
  );
}

export const hoursOf = (said: string | null): number => (said === "24" ? 24 : 168);

export function Needs({ rule }: { rule: Schema["RuleDetail"] }) {
  const [url] = useUrl();
  const found = useReach(hoursOf(url.get("hours")));
  return (
    <Stack gap="sm">
      <Panel title="Telemetry" note="events that came of late" actions={<HoursChoice />}>
        <Answer of={found} lines={2}>
          {(reach) => (
            <Stack gap="xs">
              <Reachable rule={rule} reach={reach} />
              <Facts
                of={[
                  ["Log source", seen(rule.logsource)],
                  ["Its fields", rule.fields.map(seen).join(", ") || "–"],
                  ["Columns that decide", rule.columns.join(", ") || "–"],
                  ["Looked at", `${whole(reach.events)} events`],
                  ["Since", <Moment key="since" at={reach.since} />],
                ]}
              />
              {!reach.complete && (
                <Text size="xs" className="quiet">
                  There were more; the oldest of them were not looked at.
                </Text>
              )}
            </Stack>
          )}
        </Answer>
      </Panel>
      {rule.model && <ModelNeeds rule={rule.id} />}
    </Stack>
  );
}

function Reachable({ rule, reach }: { rule: Schema["RuleDetail"]; reach: Schema["RulesReach"] }) {
  const own = reach.rules[rule.id];
  if (!own)
    return (
      <Text size="sm">
        {rule.enabled
          ? "It counts what other rules match: what they need, it needs."
          : "It is disabled, so nobody asked what it could match."}
      </Text>
    );
  return (
    <Alert color={own.reachable ? "green" : "yellow"} py="xs">
      {own.reachable
        ? "It has what it needs: events like those that it looks for come in."
        : `It cannot match here: ${seen(own.reason)}.`}
    </Alert>
  );
}

function ModelNeeds({ rule }: { rule: string }) {
  const models = useModels();
  return (
    <Panel title="Its model">
      <Answer of={models} lines={2}>
        {(told) => {
          if (told === null)
            return <Text size="sm">No models have been trained yet, so each match alerts.</Text>;
          const model = told.models.find((each) => each.rule === rule);
          if (!model) return <Text size="sm">{skippedText(told.skipped[rule])}</Text>;
          const least = told.budget.least_history;
          const thin = Object.entries(model.history).filter(([, matches]) => matches < least);
          return (
            <Stack gap={4}>
              <Text size="sm">
                Stage: {model.stage}. {seen(model.why)}
              </Text>
              <Text size="sm">
                {thin.length
                  ? `Below ${least} clean matches each match alerts; too few on: ${thin
                      .map(([workload, matches]) => `${seen(workload)} (${matches})`)
                      .join(", ")}.`
                  : `It knows at least ${least} clean matches on each of its workloads.`}
              </Text>
            </Stack>
          );
        }}
      </Answer>
    </Panel>
  );
}

const skippedText = (matches: unknown): string =>
  typeof matches === "number"
    ? `It has none: ${matches} clean matches were too few when models were trained last, so each alerts.`
    : "It has none: nothing was there to learn from when models were trained last, so each match alerts.";
