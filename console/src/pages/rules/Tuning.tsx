/** What is to be other than a rule says: off, without its model, severer, only after many. */
import { Button, Code, Group, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import type { Schema } from "@/api/client";
import { useMay } from "@/api/me";
import { Answer } from "@/parts/Answer";
import { Refused } from "@/parts/Changed";
import { Panel } from "@/parts/Page";
import { seen } from "@/parts/text";
import { useWhatIf } from "@/parts/useWhatIf";
import { Moves, WhatIfAsked } from "@/parts/WhatIfButton";
import { NoFolder } from "./Keep";
import { useTuning } from "./queries";
import { TuningFields } from "./TuningFields";
import { formOf, overridesOf, tuningFile } from "./tuningText";
import { useTuningChange } from "./useTuningChange";

type Rule = Schema["RuleDetail"];

export function Tuning({ rule }: { rule: Rule }) {
  const found = useTuning(rule.id, rule.tuned);
  if (!rule.can_keep) return <NoFolder />;
  return (
    <Answer of={found} lines={4}>
      {(tuning) => (
        <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="sm">
          <Change
            key={tuning?.etag ?? "none"}
            rule={rule}
            tuning={tuning?.body ?? null}
            etag={tuning?.etag ?? null}
          />
          <Panel title="Tuned here" note="what it matches stays as its file says">
            {tuning ? (
              <Code block>{tuning.body.text.split("\n").map(seen).join("\n")}</Code>
            ) : (
              <Text size="sm" className="quiet">
                Nothing: it is as its file says
                {rule.enabled ? "." : ", or disabled by a file that a person wrote."}
              </Text>
            )}
          </Panel>
        </SimpleGrid>
      )}
    </Answer>
  );
}

interface Props {
  rule: Rule;
  tuning: Schema["TuningView"] | null;
  etag: string | null;
}

function Change({ rule, tuning, etag }: Props) {
  const may = useMay("engineer");
  const [form, setForm] = useState(() => formOf(tuning));
  const [why, setWhy] = useState("");
  const asking = useWhatIf();
  const { saving, removing, renew } = useTuningChange(rule.id, tuning, etag);
  const foreseen = overridesOf(form, tuning);
  const edit = { changed: [tuningFile(rule.id, form.enabled, foreseen)] };
  const changed = JSON.stringify(form) !== JSON.stringify(formOf(tuning));
  if (!may)
    return (
      <Text size="sm" className="quiet">
        Your role reads tunings; the role engineer changes them.
      </Text>
    );
  return (
    <Panel title="Tune it" note="fields left empty stay as the rule says">
      <Stack gap="xs">
        <TuningFields form={form} set={(change) => setForm({ ...form, ...change })} />
        <WhatIfAsked asking={asking} disabled={!changed} body={edit} />
        {changed && <Moves edit={edit} asking={asking} />}
        <TextInput
          label="Why"
          description="written into the tuning"
          value={why}
          onChange={(event) => setWhy(event.currentTarget.value)}
        />
        <Group>
          <Button
            disabled={!changed || !why.trim()}
            loading={saving.isPending}
            onClick={() => saving.mutate({ enabled: form.enabled, foreseen, why })}
          >
            Save the tuning
          </Button>
          {tuning && (
            <Button
              variant="default"
              disabled={!why.trim()}
              loading={removing.isPending}
              onClick={() => removing.mutate(why)}
            >
              As its file says
            </Button>
          )}
        </Group>
        <Refused error={saving.error ?? removing.error} anew={() => renew()} />
      </Stack>
    </Panel>
  );
}
