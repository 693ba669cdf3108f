/** Accept history as clean, and train every model on it. */
import { Anchor, Group, NumberInput, Stack, Switch, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { Link } from "wouter";
import { api, got, newKey } from "@/api/client";
import { useMay } from "@/api/me";
import { percent } from "@/parts/numbers";
import { Panel } from "@/parts/Page";
import { useUrl } from "@/parts/url";
import { Ask } from "./Ask";

interface Trained {
  version: number;
  refused: string | null;
  stages: Record<string, string>;
  skipped: Record<string, number>;
}

export function Train() {
  const may = useMay("engineer");
  const [url] = useUrl();
  const [until, setUntil] = useState("");
  const [reason, setReason] = useState("");
  const [suppress, setSuppress] = useState(false);
  const [budget, setBudget] = useState<string | number>(inPercent(url.get("budget")));
  if (!may) return null;
  const share = Number(budget) / 100;
  return (
    <Panel
      title="Accept history and train"
      note="all before the moment counts as clean: look at what it holds before you accept it"
    >
      <Stack gap="xs">
        <Group align="flex-end" gap="xs">
          <TextInput
            type="datetime-local"
            label="Clean until (UTC)"
            required
            value={until}
            onChange={(event) => setUntil(event.currentTarget.value)}
          />
          <NumberInput
            label="May alert of the expected, %"
            placeholder="as asked for last"
            min={0.0001}
            max={99}
            decimalScale={6}
            value={budget}
            onChange={setBudget}
          />
          <TextInput
            flex={1}
            label="Why"
            required
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
        </Group>
        <Switch
          label="What passes every gate suppresses at once; else it assists first"
          checked={suppress}
          onChange={(event) => setSuppress(event.currentTarget.checked)}
        />
        <Ask
          name="Train"
          renews={["models"]}
          disabled={!until || !reason.trim()}
          ask={() =>
            got(
              api.POST("/api/v1/models/train", {
                body: {
                  until: `${until}:00Z`,
                  reason,
                  suppress,
                  seed: 0,
                  ...(share > 0 ? { budget: share } : {}),
                },
                params: { header: { "idempotency-key": newKey() } },
              }),
            )
          }
        >
          {(result) => <Told told={result as Trained} />}
        </Ask>
        {share > 0 && (
          <Text size="xs" className="quiet">
            {percent(share)} of expected matches may alert.{" "}
            <Anchor component={Link} size="xs" href="/models/promises">
              What that would cost
            </Anchor>
          </Text>
        )}
      </Stack>
    </Panel>
  );
}

const inPercent = (share: string | null): number | "" => {
  const value = Number(share) * 100;
  return value > 0 ? Number(value.toPrecision(4)) : "";
};

function Told({ told }: { told: Trained }) {
  const count = (stage: string) =>
    Object.values(told.stages).filter((each) => each === stage).length;
  return (
    <Text size="sm">
      Version {told.version}: {count("suppress")} suppress, {count("assist")} assist,{" "}
      {count("observe")} observe; {Object.keys(told.skipped).length} marked rules had too few
      matches.
      {told.refused && ` The gates refuse it: ${told.refused}`}
    </Text>
  );
}
