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
  return (
    <Stack gap="xs" align="flex-start">
      {changed.length > 0 ? (
        <Fields label={`What entry ${entry.number} changed`} fields={changed} entry={entry} />
      ) : (
        <Nothing>No field differs.</Nothing>
      )}
      {same.length > 0 && (
        <Button variant="subtle" size="compact-xs" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? "Hide" : "Show"} {same.length} that stayed
        </Button>
      )}
      {all && <Fields label={`What entry ${entry.number} left`} fields={same} entry={entry} />}
    </Stack>
  );
}

function Fields({ label, fields, entry }: { label: string; fields: Field[]; entry: Entry }) {
  const both = Boolean(entry.before && entry.after);
  return (
    <Table aria-label={label} layout="fixed" withRowBorders={false}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th w={200}>Field</Table.Th>
          {(both || !entry.after) && <Table.Th>Before</Table.Th>}
          {(both || !entry.before) && <Table.Th>After</Table.Th>}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {fields.map((field) => (
          <Table.Tr key={field.name} style={{ verticalAlign: "top" }}>
            <Table.Th scope="row" fw={400}>
              <Foreign text={field.name} most={100} />
            </Table.Th>
            <Values field={field} entry={entry} />
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function Values({ field, entry }: { field: Field; entry: Entry }) {
  const both = Boolean(entry.before && entry.after);
  const lines = hasLines(field) ? linesOf(field.before ?? "", field.after ?? "") : null;
  if (lines !== null && field.before !== field.after)
    return (
      <Table.Td colSpan={2}>
        <Diff label={`${field.name}, line by line`} diff={lines} />
      </Table.Td>
    );
  return (
    <>
      {(both || !entry.after) && (
        <Value
          text={field.before}
          sign="−"
          colour="var(--critical)"
          same={field.before === field.after}
        />
      )}
      {(both || !entry.before) && (
        <Value
          text={field.after}
          sign="+"
          colour="var(--expected)"
          same={field.before === field.after}
        />
      )}
    </>
  );
}

interface ValueProps {
  text: string | null;
  sign: string; // beside the colour: which side it is
  colour: string;
  same: boolean;
}

function Value({ text, sign, colour, same }: ValueProps) {
  if (text === null)
    return (
      <Table.Td>
        <span className="quiet">not there</span>
      </Table.Td>
    );
  return (
    <Table.Td>
      {!same && (
        <span aria-hidden="true" style={{ color: colour }}>
          {sign}{" "}
        </span>
      )}
      <Foreign text={text} mono most={LONGEST} />
    </Table.Td>
  );
}
