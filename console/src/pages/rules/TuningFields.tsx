import { NumberInput, Select, SimpleGrid, Switch, TextInput } from "@mantine/core";
import type { Form } from "./tuningText";

const AS_IS = { value: "", label: "as the rule says" };

/** Fields of a tuning. */
export function TuningFields({ form, set }: { form: Form; set: (change: Partial<Form>) => void }) {
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
