/** Alerts and recorded attacks over all thresholds, with a line that can be dragged. */
import { useElementSize } from "@mantine/hooks";
import { type KeyboardEvent, type PointerEvent, useMemo } from "react";
import { percent } from "@/parts/numbers";
import { caughtText, costText, type Frame, highest, type Scale, scaleOf } from "./curve";
import type { Curve, Point } from "./measured";
import classes from "./ThresholdCurve.module.css";

interface Props {
  curve: Curve;
  at: number; // index of the point that is looked at
  move: (at: number) => void;
  alone?: boolean; // of one rule, by whose model alone attacks are told of
}

const HEIGHT = 260;

export function ThresholdCurve({ curve, at, move, alone = false }: Props) {
  const { ref, width } = useElementSize();
  const frame = useMemo<Frame>(
    () => ({ width: width || 600, height: HEIGHT, left: 52, right: 44, top: 14, bottom: 34 }),
    [width],
  );
  const scale = useMemo(() => scaleOf(curve, frame), [curve, frame]);
  const chosen = curve.points[at] as Point;
  return (
    <div ref={ref}>
      <svg
        width={frame.width}
        height={HEIGHT}
        role="img"
        aria-label="Share of expected matches that alert, and recorded attacks told of, by threshold"
      >
        <Axes curve={curve} frame={frame} scale={scale} />
        <Lines curve={curve} scale={scale} alone={alone} />
        <line
          className={classes.now}
          x1={scale.x(curve.in_force)}
          x2={scale.x(curve.in_force)}
          y1={frame.top}
          y2={HEIGHT - frame.bottom}
        />
      </svg>
      <Handle curve={curve} at={at} move={move} scale={scale} frame={frame} chosen={chosen} />
    </div>
  );
}

interface HandleProps extends Props {
  scale: Scale;
  frame: Frame;
  chosen: Point;
}

const STEPS: Record<string, number> = {
  ArrowLeft: -1,
  ArrowDown: -1,
  ArrowRight: 1,
  ArrowUp: 1,
  PageDown: -5,
  PageUp: 5,
  Home: -1000,
  End: 1000,
};

function Handle({ curve, at, move, scale, frame, chosen }: HandleProps) {
  const drag = (event: PointerEvent<HTMLDivElement>) => {
    if (event.type === "pointermove" && event.buttons !== 1) return;
    const place = event.currentTarget.getBoundingClientRect();
    event.currentTarget.setPointerCapture(event.pointerId);
    move(scale.nearest(event.clientX - place.left));
  };
  const press = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    move(Math.max(0, Math.min(curve.points.length - 1, at + step)));
  };
  return (
    <div
      className={classes.handle}
      style={{ height: HEIGHT, marginTop: -HEIGHT, width: frame.width }}
      role="slider"
      tabIndex={0}
      aria-label="Threshold"
      aria-valuemin={0}
      aria-valuemax={curve.points.length - 1}
      aria-valuenow={at}
      aria-valuetext={`${percent(chosen.share)}: ${costText(curve, chosen)}; ${caughtText(curve, chosen)}`}
      onPointerDown={drag}
      onPointerMove={drag}
      onKeyDown={press}
    >
      <div className={classes.chosen} style={{ left: scale.x(chosen.share) }} />
    </div>
  );
}

function Axes({ curve, frame, scale }: { curve: Curve; frame: Frame; scale: Scale }) {
  const most = highest(curve);
  const shares = ticks(curve.points[0]?.share ?? 0.001);
  const bottom = frame.height - frame.bottom;
  return (
    <g className={classes.axis}>
      {[0, 0.25, 0.5, 0.75, 1].map((part) => (
        <g key={part}>
          <line
            x1={frame.left}
            x2={frame.width - frame.right}
            y1={scale.alerts(part * most)}
            y2={scale.alerts(part * most)}
          />
          <text x={frame.left - 6} y={scale.alerts(part * most) + 4} textAnchor="end">
            {percent(part * most)}
          </text>
        </g>
      ))}
      {wholeParts(curve.chains).map((count) => (
        <text key={count} x={frame.width - frame.right + 6} y={scale.chains(count) + 4}>
          {count}
        </text>
      ))}
      {shares.map((share) => (
        <text key={share} x={scale.x(share)} y={bottom + 15} textAnchor="middle">
          {percent(share)}
        </text>
      ))}
      <text x={frame.left} y={frame.height - 4}>
        threshold: a match alerts whose probability is at most this
      </text>
    </g>
  );
}

const ticks = (first: number): number[] =>
  [0.00001, 0.0001, 0.001, 0.01, 0.1, 0.5].filter((share) => share >= first);

/** A few whole numbers up to a count, itself among them; none of nothing. */
const wholeParts = (count: number): number[] =>
  count ? [...new Set([0, 0.25, 0.5, 0.75, 1].map((part) => Math.round(part * count)))] : [];

function Lines({ curve, scale, alone }: { curve: Curve; scale: Scale; alone: boolean }) {
  const path = (y: (point: Point) => number) =>
    curve.points
      .map((point, at) => `${at ? "L" : "M"}${scale.x(point.share)} ${y(point)}`)
      .join("");
  const back = curve.points
    .toReversed()
    .map((point) => `L${scale.x(point.share)} ${scale.alerts(point.low)}`)
    .join("");
  const share = (point: Point) => (curve.matches ? point.alerted / curve.matches : 0);
  return (
    <>
      {curve.matches > 0 && (
        <>
          <path
            className={classes.band}
            d={`${path((point) => scale.alerts(point.high))}${back}Z`}
          />
          <path className={classes.alerts} d={path((point) => scale.alerts(share(point)))} />
        </>
      )}
      {curve.chains > 0 && (
        <path className={classes.caught} d={path((point) => scale.chains(point.caught))} />
      )}
      {curve.chains > 0 && !alone && (
        <path className={classes.models} d={path((point) => scale.chains(point.by_models))} />
      )}
    </>
  );
}
