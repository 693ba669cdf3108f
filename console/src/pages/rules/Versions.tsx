import { Button, Code, Group, Stack, Table } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, got } from "@/api/client";
import { useMay } from "@/api/me";
import { Answer } from "@/parts/Answer";
import { Foreign } from "@/parts/Foreign";
import { seen } from "@/parts/text";
import { Moment } from "@/parts/times";
import { failed, told } from "@/parts/undo";

interface Props {
  rule: string;
  etag: string | null;
}

/** How a rule was: who changed it, what changed, and the way back. */
export function Versions({ rule, etag }: Props) {
  const [chosen, setChosen] = useState<number | null>(null);
  const found = useQuery({
    queryKey: ["rule", rule, "versions"],
    queryFn: () => got(api.GET("/api/v1/rules/{rule}/versions", { params: { path: { rule } } })),
  });
  return (
    <Answer
      of={found}
      isEmpty={(page) => page.versions.length === 0}
      empty="It is as it was shipped; nobody has edited it here."
    >
      {({ versions }) => (
        <Stack>
          <Table aria-label="Versions">
            <Table.Thead>
              <Table.Tr>
                <Table.Th w={80}>Version</Table.Th>
                <Table.Th w={170}>Time</Table.Th>
                <Table.Th w={140}>By</Table.Th>
                <Table.Th>Why</Table.Th>
                <Table.Th w={180}>
                  <span className="hidden-visually">what can be done</span>
                </Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {versions.map((version, index) => (
                <Table.Tr key={version.version}>
                  <Table.Td className="number">{version.version}</Table.Td>
                  <Table.Td>
                    <Moment at={version.time} />
                  </Table.Td>
                  <Table.Td>
                    <Foreign text={version.author} oneLine />
                  </Table.Td>
                  <Table.Td>
                    <Foreign text={version.why} />
                  </Table.Td>
                  <Table.Td>
                    <Group gap={4}>
                      {version.version > 1 && (
                        <Button
                          variant="default"
                          size="compact-xs"
                          onClick={() => setChosen(version.version)}
                        >
                          Change
                        </Button>
                      )}
                      {index > 0 && <Restore rule={rule} etag={etag} version={version.version} />}
                    </Group>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
          {chosen !== null && <Diff rule={rule} version={chosen} />}
        </Stack>
      )}
    </Answer>
  );
}

function Restore({ rule, etag, version }: Props & { version: number }) {
  const client = useQueryClient();
  const may = useMay("engineer");
  const restoring = useMutation({
    mutationFn: () =>
      got(
        api.POST("/api/v1/rules/{rule}/restore", {
          params: { path: { rule }, header: { "if-match": etag } },
          body: { version, why: `as in version ${version}` },
        }),
      ),
    onSuccess: () => {
      told(`${rule} is as in version ${version} again.`);
      return client.invalidateQueries({ queryKey: ["rule", rule] });
    },
    onError: failed,
  });
  if (!may) return null;
  return (
    <Button
      variant="default"
      size="compact-xs"
      loading={restoring.isPending}
      onClick={() => restoring.mutate()}
    >
      Restore
    </Button>
  );
}

function Diff({ rule, version }: { rule: string; version: number }) {
  const found = useQuery({
    queryKey: ["rule", rule, "diff", version],
    queryFn: () =>
      got(
        api.GET("/api/v1/rules/{rule}/diff", {
          params: { path: { rule }, query: { old: version - 1, new: version } },
        }),
      ),
  });
  return (
    <Answer of={found}>
      {({ diff }) => (
        <Code block tabIndex={0} aria-label={`What version ${version} changed`}>
          {diff.split("\n").map(seen).join("\n")}
        </Code>
      )}
    </Answer>
  );
}
