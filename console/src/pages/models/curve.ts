/** Where the points of a threshold curve lie, and what a threshold would cost, in words. */
import { percent, whole } from "@/parts/numbers";
import type { Curve, Point, RuleCurve, Shift } from "./measured";

export interface Frame {
  width: number;
  height: number;
  left: number;
  right: number;
  top: number;
  bottom: number;
}

export interface Scale {
  x: (share: number) => number;
  alerts: (share: number) => number;
  chains: (count: number) => number;
  nearest: (x: number) => number; // index of the point there
}

const TOPS = [0.01, 0.02, 0.04, 0.1, 0.2, 0.4, 0.6, 0.8];

/** Top of the axis of alerts: the next round share above all intervals. */
export function highest(curve: Curve): number {
  const most = Math.max(...curve.points.map((point) => point.high));
  return TOPS.find((top) => top >= most) ?? 1;
}

/** Shares span orders of magnitude, so the axis is logarithmic; alerts and chains are not. */
export function scaleOf(curve: Curve, frame: Frame): Scale {
  const shares = curve.points.map((point) => Math.log(point.share));
  const [first, last] = [shares[0] ?? 0, shares.at(-1) ?? 1];
  const wide = frame.width - frame.left - frame.right;
  const high = frame.height - frame.top - frame.bottom;
  const most = highest(curve);
  const x = (share: number) =>
    frame.left + ((Math.log(share) - first) / Math.max(last - first, 1e-9)) * wide;
  const y = (part: number) => frame.top + (1 - part) * high;
  return {
    x,
    alerts: (share) => y(share / most),
    chains: (count) => y(curve.chains ? count / curve.chains : 0),
    nearest: (at) => {
      const far = (point: Point) => Math.abs(x(point.share) - at);
      return curve.points.reduce(
        (best, point, index) => (far(point) < far(curve.points[best] as Point) ? index : best),
        0,
      );
    },
  };
}

export const inForce = (curve: Curve): number =>
  Math.max(
    0,
    curve.points.findIndex((point) => point.share === curve.in_force),
  );

/** `275 of 18,966 expected matches would alert (1.4 %; 95 % interval 0.87 % to 2.9 %)`. */
export function costText(curve: Curve, point: Point): string {
  if (!curve.matches) return "These models have judged no expected match yet.";
  const told = `${whole(point.alerted)} of ${whole(curve.matches)} expected matches would alert`;
  const interval = `95 % interval ${percent(point.low)} to ${percent(point.high)}`;
  return `${told} (${percent(point.alerted / curve.matches)}; ${interval})`;
}

/** What comes of the chains of the gate set at a threshold. */
export function caughtText(curve: Curve, point: Point): string {
  if (!curve.chains) return "No recorded attack can be put here";
  const told = `${point.caught} of ${curve.chains} recorded attacks would be told of`;
  return `${told}; with 95 % confidence at most ${percent(point.missed)} of such attacks are missed`;
}

/** Of the attacks that are told of, those that the models themselves tell of. */
export function alonesText(curve: Curve, { caught, by_models }: Point): string {
  if (!curve.chains || !caught) return "";
  if (by_models === caught) return " All of them by the models' words alone.";
  return ` ${by_models} of them by the models' words alone, the others for want of a model or of history.`;
}

/** Rules that would alert most at a point, the first ones. */
export const loudest = (rules: RuleCurve[], at: number, most: number): [string, number][] =>
  rules
    .map((each): [string, number] => [each.rule, each.alerted[at] ?? 0])
    .filter(([, alerted]) => alerted > 0)
    .sort((a, b) => b[1] - a[1])
    .slice(0, most);

/** The curve of one rule alone; null: it has neither a judged match nor an attack here. */
export function ofRule(curve: Curve, rule: string): Curve | null {
  const own = curve.rules.find((each) => each.rule === rule);
  if (!own) return null;
  return {
    ...curve,
    matches: own.matches,
    chains: own.chains,
    rules: [own],
    points: curve.points.map((point, at) => ({
      share: point.share,
      alerted: own.alerted[at] ?? 0,
      low: own.low[at] ?? 0,
      high: own.high[at] ?? 1,
      caught: own.caught[at] ?? 0,
      by_models: own.caught[at] ?? 0,
      missed: own.missed[at] ?? 1,
    })),
  };
}

/** How often a day; of less than a day an hour, of a quarter of an hour or less not at all. */
export function pace(matches: number, days: number): string {
  if (days >= 1) return `${rounded(matches / days)} a day`;
  return days > 0.25 / 24 ? `${rounded(matches / (days * 24))} an hour` : "–";
}

const rounded = (value: number): string => (value < 10 ? String(+value.toFixed(1)) : whole(value));

/** `30 minutes`, `5 hours`, `3.5 days`. */
export function daysText(days: number): string {
  const minutes = days * 24 * 60;
  if (minutes < 90) return `${whole(minutes)} minutes`;
  return days < 2 ? `${whole(days * 24)} hours` : `${+days.toFixed(1)} days`;
}

/** What a population stability index says, by its usual bars. */
export function stabilityText(index: number | null): string {
  if (index === null) return "too few matches to say";
  const said = index < 0.1 ? "as before" : index < 0.25 ? "somewhat shifted" : "much shifted";
  return `${said} (index ${index.toFixed(2)})`;
}

/** How often a rule matched when its model learned and lately, and over how long each was seen. */
export function baseRateText(shift: Shift): { before: string; lately: string } {
  const side = (matches: number, days: number) =>
    `${pace(matches, days)}: ${whole(matches)} in ${daysText(days)}`;
  return {
    before: side(shift.learned, shift.days_before),
    lately: side(shift.lately, shift.days),
  };
}

/** Every point with its cost, as a table has it. */
export const twinOf = (curve: Curve): { columns: string[]; rows: (string | number)[][] } => ({
  columns: [
    "threshold",
    "alert",
    "share",
    "lowest",
    "highest",
    "attacks told of",
    "missed at most",
  ],
  rows: curve.points.map((point) => [
    `${percent(point.share)}${point.share === curve.in_force ? " (in force)" : ""}`,
    whole(point.alerted),
    curve.matches ? percent(point.alerted / curve.matches) : "–",
    percent(point.low),
    percent(point.high),
    curve.chains ? `${point.caught} of ${curve.chains}` : "–",
    curve.chains ? percent(point.missed) : "–",
  ]),
});
