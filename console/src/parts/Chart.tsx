/** A chart of ECharts, which is loaded where one is shown; its figures stand in a table, too. */
import { ActionIcon, Box, Group, Skeleton, Table, useComputedColorScheme } from "@mantine/core";
import { IconChartBar, IconTable } from "@tabler/icons-react";
import type { EChartsCoreOption } from "echarts/core";
import { useEffect, useRef, useState } from "react";

export interface Twin {
  columns: string[];
  rows: (string | number)[][];
}

interface Props {
  label: string;
  option: EChartsCoreOption;
  twin: Twin; // the same figures as a table
  height?: number;
  onClick?: (told: {
    name?: string;
    data?: unknown;
    dataIndex?: number;
    seriesName?: string;
  }) => void;
}

export function Chart({ label, option, twin, height = 220, onClick }: Props) {
  const [table, setTable] = useState(false);
  return (
    <Box pos="relative">
      <Group pos="absolute" right={0} top={-4} style={{ zIndex: 1 }}>
        <ActionIcon
          size="sm"
          aria-label={table ? `${label}: as a chart` : `${label}: as a table`}
          onClick={() => setTable(!table)}
        >
          {table ? <IconChartBar size={14} /> : <IconTable size={14} />}
        </ActionIcon>
      </Group>
      {table ? (
        <TwinTable label={label} twin={twin} height={height} />
      ) : (
        <Drawn label={label} option={option} twin={twin} height={height} onClick={onClick} />
      )}
    </Box>
  );
}

/** The figures of a chart as a table. */
export function TwinTable({ label, twin, height }: { label: string; twin: Twin; height: number }) {
  return (
    <Box mah={height} style={{ overflow: "auto" }} tabIndex={0} role="region" aria-label={label}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            {twin.columns.map((name) => (
              <Table.Th key={name}>{name}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {twin.rows.map((row) => (
            <Table.Tr key={row.join("\0")}>
              {row.map((cell, index) => (
                <Table.Td key={twin.columns[index]} className="number">
                  {cell}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Box>
  );
}

function Drawn({ label, option, height = 220, onClick }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const scheme = useComputedColorScheme("dark");
  const [ready, setReady] = useState(false);
  const click = useRef(onClick);
  useEffect(() => {
    click.current = onClick;
  });
  useEffect(() => {
    let gone = false;
    let clean = () => {};
    import("@/parts/echarts").then(({ draw }) => {
      if (gone || !place.current) return;
      clean = draw(place.current, option, scheme, (told) => click.current?.(told));
      setReady(true);
    });
    return () => {
      gone = true;
      clean();
    };
  }, [option, scheme]);
  return (
    <Box pos="relative" h={height}>
      {!ready && <Skeleton pos="absolute" inset={0} />}
      <div ref={place} role="img" aria-label={label} style={{ height }} />
    </Box>
  );
}
