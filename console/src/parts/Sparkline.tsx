/** A course in a line of a table: history, suppressed and alerted one on the other. */
import { type Course, courseText, historyOf } from "@/parts/course";
import { seen } from "@/parts/text";

interface Props {
  of: string; // whose course, for those who hear the page
  course: Course;
  time: string; // "in 7 days"
}

const WIDTH = 84;
const HEIGHT = 18;
const ROOM = HEIGHT - 2;
const LEAST = 1.5; // px: what is there is seen beside what is much more
const GAP = 0.6;

export function Sparkline({ of, course, time }: Props) {
  const layers = [
    { values: historyOf(course), fill: "var(--quiet)", opacity: 0.45 },
    { values: course.suppressed, fill: "var(--low)", opacity: 0.7 },
    { values: course.alerted, fill: "var(--odd)", opacity: 1 },
  ];
  const spans = course.matches.map((_, at) => layers.map(({ values }) => values[at] ?? 0));
  const most = Math.max(1, ...spans.map((parts) => parts.reduce((a, b) => a + b, 0)));
  const step = WIDTH / Math.max(1, spans.length);
  const said = `${seen(of)}: ${courseText(course)} ${time}`;
  return (
    <svg width={WIDTH} height={HEIGHT} role="img" aria-label={said}>
      <title>{said}</title>
      <line x1="0" x2={WIDTH} y1={HEIGHT - 0.5} y2={HEIGHT - 0.5} stroke="var(--line)" />
      {spans.map((parts, at) => {
        let top = HEIGHT - 1;
        return parts.map((value, layer) => {
          if (!value) return null;
          const height = Math.max(LEAST, (value / most) * ROOM);
          top = Math.max(0, top - height);
          const { fill, opacity } = layers[layer] as (typeof layers)[number];
          const place = { x: at * step, width: step - GAP, y: top, height };
          // biome-ignore lint/suspicious/noArrayIndexKey: a span is its place
          return <rect key={`${at} ${layer}`} {...place} fill={fill} opacity={opacity} />;
        });
      })}
    </svg>
  );
}
