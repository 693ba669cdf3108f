/** Tests of a rule: events that it promises to match, and ones that it promises not to. */
import { Button, Group, Stack, Text } from "@mantine/core";
import { Editor } from "@/parts/Editor";
import { seen } from "@/parts/text";
import { Marks } from "./Marks";
import { testsFor } from "./newRule";
import type { Checked } from "./useCheck";

interface Props {
  rule: string;
  note: string;
  tests: string;
  setTests?: (tests: string) => void; // without it they are only read
  checked: Checked;
}

export function TestsEditor({ rule, note, tests, setTests, checked }: Props) {
  return (
    <Stack gap={4}>
      <Group gap="xs" align="baseline">
        <Text size="sm" fw={600}>
          Tests
        </Text>
        <Text size="xs" className="quiet">
          {note}
        </Text>
      </Group>
      <Editor
        label={`Tests of ${rule}`}
        language="yaml"
        value={tests}
        change={setTests}
        marks={checked.tests}
        height="420px"
      />
      {setTests &&
        (tests.trim() ? (
          <Kept checked={checked} />
        ) : (
          <Group>
            <Button variant="default" onClick={() => setTests(testsFor(rule))}>
              Begin some
            </Button>
          </Group>
        ))}
    </Stack>
  );
}

/** Whether the rule keeps what its tests promise. */
function Kept({ checked }: { checked: Checked }) {
  const all = checked.known && !checked.promises.length ? "It keeps them all." : "";
  return (
    <>
      <Marks of={checked.tests} none={checked.busy ? "Testing…" : all} />
      {checked.promises.map((each) => (
        <Text key={each} size="sm" c="var(--medium)">
          {seen(each)}
        </Text>
      ))}
    </>
  );
}
