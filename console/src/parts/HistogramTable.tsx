/** The figures of a histogram as a table, where a span is chosen without dragging. */
import { Button, Table } from "@mantine/core";
import type { Bar } from "@/parts/Histogram";
import { whole } from "@/parts/numbers";
import { momentText, useZone } from "@/parts/times";

interface Props {
  label: string;
  bars: Bar[];
  kinds: readonly string[];
  height: number;
  choose?: (from: number, until: number) => void;
}

export function HistogramTable({ label, bars, kinds, height, choose }: Props) {
  const [zone] = useZone();
  const sums = bars.map((bar) => kinds.reduce((sum, kind) => sum + (bar.parts[kind] ?? 0), 0));
  const some = kinds.filter((kind) => bars.some((bar) => bar.parts[kind]));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so keys have to reach it
    <div style={{ height, overflow: "auto" }} tabIndex={0} role="region" aria-label={label}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            {["From", ...some, "In all", ""].map((name) => (
              <Table.Th key={name}>
                {name || <span className="hidden-visually">choose</span>}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {bars.map((bar, index) =>
            sums[index] ? (
              <Table.Tr key={bar.from}>
                <Table.Td className="number">{momentText(new Date(bar.from), zone)}</Table.Td>
                {some.map((kind) => (
                  <Table.Td key={kind} className="number">
                    {whole(bar.parts[kind] ?? 0)}
                  </Table.Td>
                ))}
                <Table.Td className="number">{whole(sums[index])}</Table.Td>
                <Table.Td>
                  {choose && (
                    <Button
                      variant="subtle"
                      size="compact-xs"
                      onClick={() => choose(bar.from, bar.until)}
                    >
                      only this
                    </Button>
                  )}
                </Table.Td>
              </Table.Tr>
            ) : null,
          )}
        </Table.Tbody>
      </Table>
    </div>
  );
}
