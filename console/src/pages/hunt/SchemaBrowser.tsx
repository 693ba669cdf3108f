import { Accordion, Box, Table, TextInput } from "@mantine/core";
import { useState } from "react";
import { Answer } from "@/parts/Answer";
import { Panel } from "@/parts/Page";
import { useTables } from "./hunt";

/** Tables and columns that can be asked for, with what they mean. */
export function SchemaBrowser() {
  const found = useTables();
  const [word, setWord] = useState("");
  return (
    <Panel
      title="What can be asked for"
      actions={
        <TextInput
          aria-label="Columns with"
          placeholder="Columns with…"
          value={word}
          onChange={(event) => setWord(event.currentTarget.value)}
        />
      }
    >
      <Answer of={found} lines={4}>
        {(schema) => (
          <Accordion multiple variant="separated">
            {schema.tables.map((table) => (
              <Accordion.Item key={table.name} value={table.name}>
                <Accordion.Control>{table.name}</Accordion.Control>
                <Accordion.Panel>
                  <Box
                    mah={320}
                    style={{ overflow: "auto" }}
                    tabIndex={0}
                    role="region"
                    aria-label={table.name}
                  >
                    <Table>
                      <Table.Tbody>
                        {table.columns
                          .filter((column) => `${column.name} ${column.meaning}`.includes(word))
                          .map((column) => (
                            <Table.Tr key={column.name}>
                              <Table.Td className="mono">{column.name}</Table.Td>
                              <Table.Td className="quiet">{column.type}</Table.Td>
                              <Table.Td>{column.meaning}</Table.Td>
                              <Table.Td className="quiet">{column.ocsf}</Table.Td>
                            </Table.Tr>
                          ))}
                      </Table.Tbody>
                    </Table>
                  </Box>
                </Accordion.Panel>
              </Accordion.Item>
            ))}
          </Accordion>
        )}
      </Answer>
    </Panel>
  );
}
