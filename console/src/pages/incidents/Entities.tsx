/** The entity graph: who did what where, a column for each kind of thing; a table says the same. */
import { ActionIcon, Anchor, Box, Group, Table, Text } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { IconTable, IconTopologyStar3 } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { Link } from "wouter";
import { Foreign } from "@/parts/Foreign";
import { whole } from "@/parts/numbers";
import { cut, seen } from "@/parts/text";
import { type Entity, type Graph, graphOf, type Placed, placed } from "./graph";
import type { Match } from "./incidents";

const ROW = 30;
const TOP = 22;
const NODE = 20;
const MOST = 12; // of a kind in the picture

export function Entities({ matches }: { matches: Match[] }) {
  const [table, setTable] = useState(false);
  const graph = useMemo(() => graphOf(matches), [matches]);
  return (
    <Box>
      <Group justify="space-between" h={22}>
        <Text size="xs" className="quiet">
          Lines tie what the same match names; the orange ones are of matches that alerted.
        </Text>
        <ActionIcon
          size="sm"
          aria-label={table ? "Entities: as a picture" : "Entities: as a table"}
          onClick={() => setTable(!table)}
        >
          {table ? <IconTopologyStar3 size={14} /> : <IconTable size={14} />}
        </ActionIcon>
      </Group>
      {table ? <Twin entities={graph.entities} /> : <Picture graph={graph} />}
    </Box>
  );
}

function Picture({ graph }: { graph: Graph }) {
  const { ref, width } = useElementSize();
  const { shown, leftOut } = useMemo(() => placed(graph.entities, MOST), [graph]);
  const columns = 1 + Math.max(0, ...shown.map((each) => each.column));
  const rows = 1 + Math.max(0, ...shown.map((each) => each.row));
  const step = width / columns;
  const wide = Math.max(40, step - 34);
  const at = new Map(shown.map((each) => [each.id, each]));
  const x = (each: Placed) => each.column * step;
  const y = (each: Placed) => TOP + each.row * ROW;
  return (
    <div ref={ref}>
      <svg
        width="100%"
        height={TOP + rows * ROW}
        role="img"
        aria-label={`${graph.entities.length} entities and ${graph.ties.length} ties; the table lists them`}
        style={{ display: "block" }}
      >
        {graph.ties.map((tie) => {
          const [from, to] = [at.get(tie.from), at.get(tie.to)];
          if (!from || !to) return null;
          const [x1, y1, x2, y2] = [x(from) + wide, y(from) + NODE / 2, x(to), y(to) + NODE / 2];
          const middle = (x1 + x2) / 2;
          return (
            <path
              key={`${tie.from} ${tie.to}`}
              d={`M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`}
              fill="none"
              stroke={tie.alerted ? "var(--odd)" : "var(--quiet)"}
              strokeWidth={Math.min(4, 1 + Math.log2(tie.matches) / 2)}
              opacity={tie.alerted ? 0.8 : 0.45}
            >
              <title>{`${tie.matches} matches, ${tie.alerted} alerted`}</title>
            </path>
          );
        })}
        {shown.map((each) => (
          <Node key={each.id} entity={each} x={x(each)} y={y(each)} wide={wide} />
        ))}
      </svg>
      {leftOut > 0 && (
        <Text size="xs" className="quiet">
          {whole(leftOut)} more are in the table.
        </Text>
      )}
    </div>
  );
}

function Node({ entity, x, y, wide }: { entity: Placed; x: number; y: number; wide: number }) {
  const letters = Math.max(4, Math.floor((wide - 14) / 6.8));
  const name = seen(entity.name);
  // The end of a path says more than its begin.
  const shown = name.length <= letters ? name : `…${name.slice(name.length - letters + 1)}`;
  return (
    <g>
      {entity.row === 0 && (
        <text x={x} y={13} fontSize="11" fill="var(--quiet)">
          {entity.kind}
        </text>
      )}
      <rect
        x={x + 0.5}
        y={y}
        width={wide}
        height={NODE}
        rx="3"
        fill="var(--page)"
        stroke={entity.alerted ? "var(--odd)" : "var(--line)"}
      />
      <text
        x={x + 6}
        y={y + 14}
        fontSize="11"
        fill="currentColor"
        fontFamily="var(--mantine-font-family-monospace)"
      >
        {shown}
      </text>
      <title>{`${cut(name, 300)}: ${entity.matches} matches, ${entity.alerted} alerted`}</title>
    </g>
  );
}

function Twin({ entities }: { entities: Entity[] }) {
  return (
    <Box mah={360} style={{ overflow: "auto" }} tabIndex={0} role="region" aria-label="Entities">
      <Table stickyHeader>
        <Table.Thead>
          <Table.Tr>
            <Table.Th w={100}>Kind</Table.Th>
            <Table.Th>Name</Table.Th>
            <Table.Th ta="right" w={90}>
              Matches
            </Table.Th>
            <Table.Th ta="right" w={90}>
              Alerted
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {entities.map((each) => (
            <Table.Tr key={each.id}>
              <Table.Td>{each.kind}</Table.Td>
              <Table.Td>
                <Name entity={each} />
              </Table.Td>
              <Table.Td ta="right" className="number">
                {whole(each.matches)}
              </Table.Td>
              <Table.Td ta="right" className="number">
                {whole(each.alerted)}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Box>
  );
}

function Name({ entity }: { entity: Entity }) {
  const text = <Foreign text={entity.name} mono most={300} />;
  const name = encodeURIComponent(entity.name);
  const href = { user: `/users/${name}`, host: `/alerts?status=all&host=${name}` }[
    entity.kind as string
  ];
  return href ? (
    <Anchor component={Link} size="sm" href={href}>
      {text}
    </Anchor>
  ) : (
    text
  );
}
