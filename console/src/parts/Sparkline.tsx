/** A course in a line of a table: suppressed below, alerted above, as high as its own most. */
import { seen } from "@/parts/text";

interface Props {
  of: string; // whose course, for those who hear the page
  alerted: number[];
  suppressed: number[];
  time: string; // "in 7 days"
}

const WIDTH = 84;
const HEIGHT = 18;
const LEAST = 1.5; // px: what is there is seen beside what is much more

export function Sparkline({ of, alerted, suppressed, time }: Props) {
  const most = Math.max(1, ...alerted.map((value, at) => value + (suppressed[at] ?? 0)));
  const step = WIDTH / Math.max(1, alerted.length);
  const high = (value: number) => (value ? Math.max(LEAST, (value / most) * (HEIGHT - 2)) : 0);
  const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
  const said = `${seen(of)}: ${sum(alerted)} matches alerted and ${sum(suppressed)} suppressed ${time}`;
  return (
    <svg width={WIDTH} height={HEIGHT} role="img" aria-label={said}>
      <title>{said}</title>
      <line x1="0" x2={WIDTH} y1={HEIGHT - 0.5} y2={HEIGHT - 0.5} stroke="var(--line)" />
      {alerted.map((value, at) => {
        const below = high(suppressed[at] ?? 0);
        const above = high(value);
        const x = at * step;
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a span is its place
          <g key={at}>
            <rect
              x={x}
              width={step - 0.6}
              y={HEIGHT - 1 - below}
              height={below}
              fill="var(--low)"
              opacity={0.55}
            />
            <rect
              x={x}
              width={step - 0.6}
              y={Math.max(0, HEIGHT - 1 - below - above)}
              height={above}
              fill="var(--odd)"
            />
          </g>
        );
      })}
    </svg>
  );
}
