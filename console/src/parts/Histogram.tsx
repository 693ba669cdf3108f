/** Bars over time, stacked by severity or by other kinds; dragging over them chooses a span. */
import { ActionIcon, Box } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { IconChartBar, IconTable } from "@tabler/icons-react";
import { type PointerEvent, useState } from "react";
import { HistogramTable } from "@/parts/HistogramTable";
import { whole } from "@/parts/numbers";
import { SEVERITIES, severityColour } from "@/parts/severity";
import { momentText, useZone } from "@/parts/times";

export interface Bar {
  from: number; // ms
  until: number;
  parts: Record<string, number>; // by kind
}

interface Props {
  label: string;
  bars: Bar[];
  kinds?: readonly string[];
  colourOf?: (kind: string) => string;
  height?: number;
  choose?: (from: number, until: number) => void;
}

const LEFT = 44;
const BELOW = 16;
const RIGHT = 26; // of the way to the table

export function Histogram(props: Props) {
  const { label, bars, kinds = SEVERITIES, height = 96, choose } = props;
  const [table, setTable] = useState(false);
  return (
    <Box pos="relative">
      {table ? (
        <HistogramTable {...{ label, bars, kinds, height: 2 * height, choose }} />
      ) : (
        <Picture {...props} />
      )}
      <ActionIcon
        size="sm"
        pos="absolute"
        top={0}
        right={0}
        aria-label={table ? `${label}: as a picture` : `${label}: as a table`}
        onClick={() => setTable(!table)}
      >
        {table ? <IconChartBar size={14} /> : <IconTable size={14} />}
      </ActionIcon>
    </Box>
  );
}

function Picture(props: Props) {
  const { label, bars, height = 96, choose } = props;
  const { kinds = SEVERITIES, colourOf = severityColour } = props;
  const { ref, width } = useElementSize();
  const [zone] = useZone();
  const [drag, setDrag] = useState<[number, number] | null>(null);
  const most = Math.max(1, ...bars.map((bar) => total(bar)));
  const room = Math.max(0, width - LEFT - RIGHT);
  const step = bars.length ? room / bars.length : 0;
  const tall = height - BELOW;
  const indexAt = (event: PointerEvent<SVGSVGElement>) => {
    const x = event.clientX - event.currentTarget.getBoundingClientRect().left - LEFT;
    return Math.max(0, Math.min(bars.length - 1, Math.floor(x / Math.max(step, 0.001))));
  };
  const end = () => {
    if (!drag) return;
    const [low, high] = [Math.min(...drag), Math.max(...drag)];
    const [first, last] = [bars[low], bars[high]];
    setDrag(null);
    if (first && last) choose?.(first.from, last.until);
  };
  return (
    <div ref={ref}>
      <svg
        width="100%"
        height={height}
        role="img"
        aria-label={`${label}: ${whole(bars.reduce((sum, bar) => sum + total(bar), 0))} in all`}
        style={{ cursor: choose ? "crosshair" : undefined, touchAction: "none", display: "block" }}
        onPointerDown={(event) =>
          choose && bars.length && setDrag([indexAt(event), indexAt(event)])
        }
        onPointerMove={(event) => drag && setDrag([drag[0], indexAt(event)])}
        onPointerUp={end}
        onPointerLeave={() => setDrag(null)}
      >
        <Scale most={most} tall={tall} width={width} />
        {bars.map((bar, index) => (
          <Stack
            key={bar.from}
            bar={bar}
            x={LEFT + index * step}
            step={step}
            tall={tall}
            most={most}
            zone={zone}
            kinds={kinds}
            colourOf={colourOf}
          />
        ))}
        {drag && (
          <rect
            x={LEFT + Math.min(...drag) * step}
            width={(Math.abs(drag[1] - drag[0]) + 1) * step}
            y={0}
            height={tall}
            fill="var(--accent)"
            opacity={0.25}
          />
        )}
        {marks(bars, room).map((index) => (
          <text
            key={index}
            x={LEFT + index * step}
            y={height - 3}
            fontSize="10"
            fill="var(--quiet)"
          >
            {momentText(new Date(bars[index]?.from ?? 0), zone).slice(...markOf(bars))}
          </text>
        ))}
      </svg>
    </div>
  );
}

const total = (bar: Bar): number => Object.values(bar.parts).reduce((sum, value) => sum + value, 0);

/** The bars that get a time below them: as many as fit. */
function marks(bars: Bar[], room: number): number[] {
  const every = Math.max(1, Math.ceil(bars.length / Math.max(1, Math.floor(room / 110))));
  return bars.map((_, index) => index).filter((index) => index % every === 0);
}

function Scale({ most, tall, width }: { most: number; tall: number; width: number }) {
  return [0, 0.5, 1].map((share) => {
    const y = tall - share * (tall - 8);
    if (share === 0.5 && most < 2) return null;
    return (
      <g key={share}>
        <line x1={LEFT} x2={width} y1={y} y2={y} stroke="var(--line)" />
        <text x={LEFT - 6} y={y + 3} fontSize="10" textAnchor="end" fill="var(--quiet)">
          {whole(most * share)}
        </text>
      </g>
    );
  });
}

interface StackProps {
  bar: Bar;
  x: number;
  step: number;
  tall: number;
  most: number;
  zone: "UTC" | "local";
  kinds: readonly string[];
  colourOf: (kind: string) => string;
}

function Stack({ bar, x, step, tall, most, zone, kinds, colourOf }: StackProps) {
  let y = tall;
  const told = kinds.filter((name) => bar.parts[name]).map((name) => `${bar.parts[name]} ${name}`);
  return (
    <g>
      <title>{`${momentText(new Date(bar.from), zone)}: ${told.join(", ") || "none"}`}</title>
      <rect x={x} y={0} width={step} height={tall} fill="transparent" />
      {kinds.toReversed().map((name) => {
        const size = ((bar.parts[name] ?? 0) / most) * (tall - 8);
        y -= size;
        return (
          <rect
            key={name}
            x={x + 0.5}
            y={y}
            width={Math.max(1, step - 1)}
            height={size}
            fill={colourOf(name)}
          />
        );
      })}
    </g>
  );
}

const SHORT_MS = 20 * 60_000; // below it marks would all say the same minutes

/** What of a moment stands below a bar: day and minute, or the second where the span is short. */
const markOf = (bars: Bar[]): [number, number] =>
  (bars.at(-1)?.until ?? 0) - (bars[0]?.from ?? 0) < SHORT_MS ? [11, 19] : [5, 16];
