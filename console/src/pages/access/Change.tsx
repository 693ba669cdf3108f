/** What an entry of the audit log changed, field by field; what stayed is folded away. */
import { Button, Stack, Table } from "@mantine/core";
import { useState } from "react";
import type { Schema } from "@/api/client";
import { Nothing } from "@/parts/Answer";
import { Diff } from "@/parts/Diff";
import { Foreign } from "@/parts/Foreign";
import { differenceOf, type Field, hasLines, linesOf } from "./difference";

type Entry = Schema["EntryView"];
const LONGEST = 600; // characters of a value before a person asks for all

export function Change({ entry }: { entry: Entry }) {
  const [all, setAll] = useState(false);
  const { changed, same } = differenceOf(entry.before, entry.after);
  const sides = (["before", "after"] as const).filter((side) => entry[side]);
  return (
    <Stack gap="xs" align="flex-start">
      {changed.length > 0 ? (
        <Fields label={`What entry ${entry.number} changed`} fields={changed} sides={sides} />
      ) : (
        <Nothing>No field differs.</Nothing>
      )}
      {same.length > 0 && (
        <Button variant="subtle" size="compact-xs" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? "Hide" : "Show"} {same.length} that stayed
        </Button>
      )}
      {all && <Fields label={`What entry ${entry.number} left`} fields={same} sides={[]} />}
    </Stack>
  );
}

type Side = "before" | "after";
const SIGNS = {
  before: { name: "Before", sign: "−", colour: "var(--critical)" },
  after: { name: "After", sign: "+", colour: "var(--expected)" },
} as const;

interface FieldsProps {
  label: string;
  fields: Field[];
  sides: readonly Side[]; // none: the fields stayed as they were
}

function Fields({ label, fields, sides }: FieldsProps) {
  return (
    <Table aria-label={label} layout="fixed" withRowBorders={false}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th w={200}>Field</Table.Th>
          {sides.map((side) => (
            <Table.Th key={side}>{SIGNS[side].name}</Table.Th>
          ))}
          {sides.length === 0 && <Table.Th>Before and after</Table.Th>}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {fields.map((field) => (
          <Table.Tr key={field.name} style={{ verticalAlign: "top" }}>
            <Table.Th scope="row" fw={400}>
              <Foreign text={field.name} most={100} />
            </Table.Th>
            <Values field={field} sides={sides} />
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function Values({ field, sides }: { field: Field; sides: readonly Side[] }) {
  if (sides.length === 0) return <Value text={field.after} />;
  const lines = hasLines(field) ? linesOf(field.before ?? "", field.after ?? "") : null;
  if (lines !== null)
    return (
      <Table.Td colSpan={2}>
        <Diff label={`${field.name}, line by line`} diff={lines} />
      </Table.Td>
    );
  return sides.map((side) => <Value key={side} text={field[side]} side={side} />);
}

function Value({ text, side }: { text: string | null; side?: Side }) {
  if (text === null)
    return (
      <Table.Td>
        <span className="quiet">not there</span>
      </Table.Td>
    );
  return (
    <Table.Td>
      {side && (
        <span aria-hidden="true" style={{ color: SIGNS[side].colour }}>
          {SIGNS[side].sign}{" "}
        </span>
      )}
      <Foreign text={text} mono most={LONGEST} />
    </Table.Td>
  );
}
