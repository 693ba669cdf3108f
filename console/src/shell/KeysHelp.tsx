/** The list of keys, and the switch for those of one letter. */
import { Kbd, Stack, Switch, Table, Title } from "@mantine/core";
import { useMemo } from "react";
import { Dialog } from "@/parts/Dialog";
import { type Key, useKeysNow, useLetters } from "@/shell/keys";

export default function KeysHelp({ close }: { close: () => void }) {
  const now = useKeysNow();
  const groups = useMemo(now, [now]); // as they were when it was opened
  const [letters, setLetters] = useLetters();
  return (
    <Dialog onClose={close} title="Keys" size="lg">
      <Stack>
        <Switch
          label="Keys of one letter work"
          description="Enter, Escape, arrows and Ctrl-K work in any case"
          checked={letters}
          onChange={(event) => setLetters(event.currentTarget.checked)}
        />
        {groups.map((group) => (
          <div key={group.name}>
            <Title order={3}>{group.name}</Title>
            <Table aria-label={`Keys: ${group.name}`}>
              <Table.Tbody>
                {group.keys.map((key) => (
                  <Row key={key.keys} of={key} />
                ))}
              </Table.Tbody>
            </Table>
          </div>
        ))}
      </Stack>
    </Dialog>
  );
}

function Row({ of }: { of: Key }) {
  return (
    <Table.Tr>
      <Table.Td w={140}>
        {of.keys.split(" ").map((part) => (
          <Kbd key={part} mr={4}>
            {part}
          </Kbd>
        ))}
      </Table.Td>
      <Table.Td>{of.does}</Table.Td>
    </Table.Tr>
  );
}
