/** Where the points of a threshold curve lie, and what a threshold would cost, in words. */
import { percent, whole } from "@/parts/numbers";
import type { Curve, Point } from "./queries";

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

/** Shares span orders of magnitude, so the axis is logarithmic; alerts and chains are not. */
export function scaleOf(curve: Curve, frame: Frame): Scale {
  const shares = curve.points.map((point) => Math.log(point.share));
  const [first, last] = [shares[0] ?? 0, shares.at(-1) ?? 1];
  const wide = frame.width - frame.left - frame.right;
  const high = frame.height - frame.top - frame.bottom;
  const most = Math.max(...curve.points.map((point) => point.high), 0.01);
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
  if (!curve.chains) return "No recorded attack can be put here.";
  return `${point.caught} of ${curve.chains} recorded attacks would be told of, ${point.by_models} by the models' words alone`;
}

/** Rules that would alert most, the first ones. */
export const loudest = (point: Point, most: number): [string, number][] =>
  Object.entries(point.rules)
    .sort((a, b) => b[1] - a[1])
    .slice(0, most);
