/** What is to be other than a rule says: off, without its model, severer, only after many. */
import {
  Button,
  Code,
  Group,
  NumberInput,
  Select,
  SimpleGrid,
  Stack,
  Switch,
  Text,
  TextInput,
} from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, got, type Schema } from "@/api/client";
import { useMay } from "@/api/me";
import { Answer } from "@/parts/Answer";
import { Refused } from "@/parts/Changed";
import { Panel } from "@/parts/Page";
import { seen } from "@/parts/text";
import { told } from "@/parts/undo";
import { useTuning } from "./queries";
import { type Form, formOf, overridesOf } from "./tuningText";

type Rule = Schema["RuleDetail"];

export function Tuning({ rule }: { rule: Rule }) {
  const found = useTuning(rule.id);
  return (
    <Answer of={found} lines={4}>
      {(tuning) => (
        <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="sm">
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
          <Change
            key={tuning?.etag ?? "none"}
            rule={rule}
            text={tuning?.body.text ?? null}
            etag={tuning?.etag ?? null}
          />
        </SimpleGrid>
      )}
    </Answer>
  );
}

interface Props {
  rule: Rule;
  text: string | null;
  etag: string | null;
}

function Change({ rule, text, etag }: Props) {
  const may = useMay("engineer");
  const [form, setForm] = useState(() => formOf(text));
  const [why, setWhy] = useState("");
  const { saving, removing, renew } = useTuningChange(rule, etag);
  if (!may)
    return (
      <Text size="sm" className="quiet">
        Your role reads tunings; the role engineer changes them.
      </Text>
    );
  return (
    <Panel title="Tune it" note="fields left empty stay as the rule says">
      <Stack gap="xs">
        <Fields form={form} set={(change) => setForm({ ...form, ...change })} />
        <TextInput
          label="Why"
          description="written into the tuning"
          value={why}
          onChange={(event) => setWhy(event.currentTarget.value)}
        />
        <Group>
          <Button
            disabled={!why.trim()}
            loading={saving.isPending}
            onClick={() => saving.mutate({ form, why })}
          >
            Save the tuning
          </Button>
          {etag && (
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
        <Refused error={saving.error ?? removing.error} anew={renew} />
      </Stack>
    </Panel>
  );
}

const AS_IS = { value: "", label: "as the rule says" };

function Fields({ form, set }: { form: Form; set: (change: Partial<Form>) => void }) {
  return (
    <>
      <Switch
        label="It labels events"
        checked={form.enabled}
        onChange={(event) => set({ enabled: event.currentTarget.checked })}
      />
      <SimpleGrid cols={2} spacing="xs">
        <Select
          label="A model may suppress its matches"
          data={[
            AS_IS,
            { value: "true", label: "yes" },
            { value: "false", label: "no: each alerts" },
          ]}
          value={form.model}
          allowDeselect={false}
          onChange={(value) => set({ model: value ?? "" })}
        />
        <Select
          label="Severity"
          data={[AS_IS, ...["1", "2", "3"].map((value) => ({ value, label: value }))]}
          value={form.severity}
          allowDeselect={false}
          onChange={(value) => set({ severity: value ?? "" })}
        />
        <NumberInput
          label="Alert only after so many matches"
          min={1}
          max={100_000}
          value={form.threshold}
          onChange={(value) => set({ threshold: String(value) })}
        />
        <TextInput
          label="within"
          placeholder="10m"
          value={form.window}
          onChange={(event) => set({ window: event.currentTarget.value.trim() })}
        />
      </SimpleGrid>
      <TextInput
        label="Title of its alerts"
        value={form.title}
        onChange={(event) => set({ title: event.currentTarget.value })}
      />
    </>
  );
}

function useTuningChange(rule: Rule, etag: string | null) {
  const client = useQueryClient();
  const params = { path: { rule: rule.id }, header: { "if-match": etag } };
  const renew = () =>
    Promise.all([
      client.invalidateQueries({ queryKey: ["rule", rule.id] }),
      client.invalidateQueries({ queryKey: ["rules"] }),
    ]);
  const saving = useMutation({
    mutationFn: ({ form, why }: { form: Form; why: string }) => {
      const body = { enabled: form.enabled, foreseen: overridesOf(form), why };
      return got(api.PUT("/api/v1/rules/{rule}/tuning", { params, body }));
    },
    onSuccess: () => {
      told(`${rule.id} is tuned; the judges take it within seconds.`);
      return renew();
    },
  });
  const removing = useMutation({
    mutationFn: (why: string) =>
      got(api.DELETE("/api/v1/rules/{rule}/tuning", { params: { ...params, query: { why } } })),
    onSuccess: () => {
      told(`${rule.id} is as its file says.`);
      return renew();
    },
  });
  return { saving, removing, renew };
}
