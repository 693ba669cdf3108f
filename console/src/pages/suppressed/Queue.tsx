import { Anchor, Box, Table } from "@mantine/core";
import { useEffect, useRef } from "react";
import { Foreign } from "@/parts/Foreign";
import { percent } from "@/parts/numbers";
import { seen } from "@/parts/text";
import { Moment } from "@/parts/times";
import type { Finding, Sampled } from "./audit";

interface Props {
  matches: Sampled[];
  answers: ReadonlyMap<string, Finding>;
  at: number;
  move: (index: number) => void;
}

const WORDS: Record<Finding, string> = { wanted: "✗ told", unneeded: "✓ silent" };

const saidOf = (finding: Finding | undefined): string => (finding ? WORDS[finding] : "");

/** The drawn matches, in the order in which they are drawn. */
export function Queue({ matches, answers, at, move }: Props) {
  const here = useRef<HTMLTableRowElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the row of the keys is another one then
  useEffect(() => {
    here.current?.scrollIntoView({ block: "nearest" });
  }, [at]);
  return (
    <Box
      mah={560}
      style={{ overflow: "auto" }}
      tabIndex={0}
      role="region"
      aria-label="The audit sample"
    >
      <Table layout="fixed" stickyHeader>
        <Table.Thead>
          <Table.Tr>
            <Table.Th w={136}>Time</Table.Th>
            <Table.Th>What</Table.Th>
            <Table.Th w={74} ta="right">
              As odd
            </Table.Th>
            <Table.Th w={82}>Said</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {matches.map((each, index) => (
            <Table.Tr
              key={each.match}
              ref={index === at ? here : undefined}
              bg={index === at ? "var(--chosen)" : undefined}
              aria-current={index === at || undefined}
            >
              <Table.Td>
                <Moment at={each.time} short />
              </Table.Td>
              <Table.Td>
                <Anchor
                  component="button"
                  type="button"
                  size="sm"
                  c={index === at ? "inherit" : undefined}
                  ta="left"
                  maw="100%"
                  style={{ display: "grid" }}
                  onClick={() => move(index)}
                >
                  <Foreign text={each.what} mono oneLine />
                  <span className="quiet one-line">
                    {each.rule} on {seen(each.host)}
                  </span>
                </Anchor>
              </Table.Td>
              <Table.Td ta="right" className="number">
                {each.probability === null ? "–" : percent(each.probability)}
              </Table.Td>
              <Table.Td>{saidOf(answers.get(each.match))}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Box>
  );
}
