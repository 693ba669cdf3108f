/** What happened when, one lane per source; dragging zooms in, and a table says the same. */
import { ActionIcon, Anchor, Box, Group, Table } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { IconChartDots, IconTable } from "@tabler/icons-react";
import { type PointerEvent, useState } from "react";
import { Foreign } from "@/parts/Foreign";
import { bits } from "@/parts/numbers";
import { cut, seen } from "@/parts/text";
import { momentText, spanText, useZone } from "@/parts/times";

export interface Dot {
  id: string;
  at: number; // ms
  lane: string;
  text: string;
  odd?: boolean; // speaks against what was expected
  main?: boolean; // what the picture is about
  surprise?: number | null; // bits; larger dots
  severity?: string;
}

interface Props {
  label: string;
  dots: Dot[];
  pick?: (dot: Dot) => void;
  since?: number; // the moment that distances are told to; without one, times are told
}

const LEFT = 84;
const LANE = 26;
const BELOW = 18;

export function Lanes(props: Props) {
  const [table, setTable] = useState(false);
  const [span, setSpan] = useState<[number, number] | null>(null);
  const shown = span
    ? props.dots.filter((dot) => dot.at >= span[0] && dot.at <= span[1])
    : props.dots;
  return (
    <Box>
      <Group justify="flex-end" gap={4} h={22}>
        {span && (
          <Anchor component="button" type="button" size="xs" onClick={() => setSpan(null)}>
            Show all
          </Anchor>
        )}
        <ActionIcon
          size="sm"
          aria-label={table ? `${props.label}: as a picture` : `${props.label}: as a table`}
          onClick={() => setTable(!table)}
        >
          {table ? <IconChartDots size={14} /> : <IconTable size={14} />}
        </ActionIcon>
      </Group>
      {table ? (
        <Twin {...props} dots={shown} />
      ) : (
        <Picture
          {...props}
          dots={shown}
          zoom={(from, until) => {
            if (shown.some((dot) => dot.at >= from && dot.at <= until)) setSpan([from, until]);
          }}
        />
      )}
    </Box>
  );
}

const lanesOf = (dots: Dot[]): string[] => [...new Set(dots.map((dot) => dot.lane))].sort();

function Picture({
  label,
  dots,
  pick,
  since,
  zoom,
}: Props & { zoom: (a: number, b: number) => void }) {
  const { ref, width } = useElementSize();
  const [zone] = useZone();
  const [drag, setDrag] = useState<[number, number] | null>(null);
  const lanes = lanesOf(dots);
  const times = dots.map((dot) => dot.at);
  const first = times.reduce((low, at) => Math.min(low, at), Number.POSITIVE_INFINITY);
  const last = times.reduce((high, at) => Math.max(high, at), Number.NEGATIVE_INFINITY);
  const room = Math.max(1, width - LEFT - 14);
  const length = Math.max(1, last - first);
  const x = (at: number) => LEFT + ((at - first) / length) * room;
  const place = (event: PointerEvent<SVGSVGElement>) =>
    event.clientX - event.currentTarget.getBoundingClientRect().left;
  const momentAt = (px: number) => first + ((px - LEFT) / room) * length;
  const end = () => {
    if (drag && Math.abs(drag[1] - drag[0]) > 6) {
      zoom(momentAt(Math.min(...drag)), momentAt(Math.max(...drag)));
    }
    setDrag(null);
  };
  const tall = lanes.length * LANE;
  return (
    <div ref={ref}>
      <svg
        width="100%"
        height={tall + BELOW}
        role="group"
        aria-label={label}
        style={{ display: "block", touchAction: "none" }}
        onPointerDown={(event) => setDrag([place(event), place(event)])}
        onPointerMove={(event) => drag && setDrag([drag[0], place(event)])}
        onPointerUp={end}
        onPointerLeave={() => setDrag(null)}
      >
        {lanes.map((lane, index) => (
          <g key={lane}>
            <text x={0} y={index * LANE + 17} fontSize="11" fill="var(--quiet)">
              {cut(seen(lane), 13)}
            </text>
            <line
              x1={LEFT}
              x2={width}
              y1={index * LANE + 13}
              y2={index * LANE + 13}
              stroke="var(--line)"
            />
          </g>
        ))}
        {dots.map((dot) => (
          <DotMark
            key={dot.id}
            dot={dot}
            x={x(dot.at)}
            y={lanes.indexOf(dot.lane) * LANE + 13}
            pick={pick}
          />
        ))}
        {drag && (
          <rect
            x={Math.min(...drag)}
            width={Math.abs(drag[1] - drag[0])}
            y={0}
            height={tall}
            fill="var(--accent)"
            opacity={0.2}
          />
        )}
        {[0, 0.25, 0.5, 0.75, 1].map((share) => (
          <text
            key={share}
            x={LEFT + share * room}
            y={tall + 13}
            fontSize="10"
            fill="var(--quiet)"
            textAnchor={share === 1 ? "end" : share === 0 ? "start" : "middle"}
          >
            {since === undefined
              ? momentText(new Date(first + share * length), zone).slice(5)
              : distance(first + share * length - since)}
          </text>
        ))}
      </svg>
    </div>
  );
}

const distance = (ms: number): string =>
  Math.abs(ms) < 50 ? "match" : `${ms < 0 ? "−" : "+"}${spanText(Math.abs(ms) / 1000)}`;

function DotMark({
  dot,
  x,
  y,
  pick,
}: {
  dot: Dot;
  x: number;
  y: number;
  pick?: (dot: Dot) => void;
}) {
  const size = dot.main ? 7 : 4 + Math.min(3, (dot.surprise ?? 0) / 4);
  const colour = dot.severity
    ? `var(--${dot.severity})`
    : dot.main
      ? "var(--critical)"
      : dot.odd
        ? "var(--odd)"
        : "var(--accent)";
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the table twin is the way by keys
    <g onClick={() => pick?.(dot)} style={{ cursor: pick ? "pointer" : undefined }}>
      <title>{cut(seen(dot.text), 300)}</title>
      {dot.odd || dot.main ? (
        <rect
          x={x - size}
          y={y - size}
          width={2 * size}
          height={2 * size}
          fill={colour}
          transform={`rotate(45 ${x} ${y})`}
        />
      ) : (
        <circle cx={x} cy={y} r={size} fill={colour} opacity={0.85} />
      )}
    </g>
  );
}

function Twin({ label, dots, pick, since }: Props) {
  const [zone] = useZone();
  return (
    <Box mah={320} style={{ overflow: "auto" }} tabIndex={0} role="region" aria-label={label}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th w={150}>{since === undefined ? "Time" : "Before"}</Table.Th>
            <Table.Th w={90}>Lane</Table.Th>
            <Table.Th>What</Table.Th>
            <Table.Th w={70}>Surprise</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {dots.map((dot) => (
            <Table.Tr key={dot.id}>
              <Table.Td className="number">
                {since === undefined
                  ? momentText(new Date(dot.at), zone)
                  : distance(dot.at - since)}
              </Table.Td>
              <Table.Td>{seen(dot.lane)}</Table.Td>
              <Table.Td>
                {pick ? (
                  <Anchor
                    component="button"
                    type="button"
                    ta="left"
                    size="sm"
                    onClick={() => pick(dot)}
                  >
                    <Foreign text={dot.text} mono most={300} />
                  </Anchor>
                ) : (
                  <Foreign text={dot.text} mono most={300} />
                )}
              </Table.Td>
              <Table.Td className="number">{bits(dot.surprise)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Box>
  );
}
