/** What the job `promises` tells: promised shares, the threshold curve, drift. */
export interface Promised {
  rule: string | null; // null: all of them
  matches: number;
  alerted: number;
  dismissed: number;
  promised: number;
  realised: number;
  low: number;
  high: number;
  clusters: number;
  inside: boolean;
  enough: boolean;
}

export interface Point {
  share: number;
  alerted: number;
  low: number;
  high: number;
  caught: number;
  by_models: number;
  missed: number; // 95 % bound on the share of such attacks that would be missed
}

/** One rule's part in each point of the curve. */
export interface RuleCurve {
  rule: string;
  matches: number;
  clusters: number; // login sessions or host-days that they come from
  alerted: number[];
  low: number[];
  high: number[];
  chains: number;
  caught: number[];
  missed: number[];
}

export interface Curve {
  foresight: string;
  own: boolean; // false: the models in use have judged nothing yet; it is what others said
  in_force: number;
  resolution: number;
  matches: number;
  days: number;
  chains: number;
  impossible: number;
  points: Point[];
  rules: RuleCurve[];
}

/** One rule's matches when its model learned, and lately. */
export interface Shift {
  learned: number;
  lately: number;
  days_before: number;
  days: number;
  places: number | null; // population stability index of the workloads; null: too few
}

/** Probabilities lately beside those of the calibration. */
export interface Spread {
  upto: number[];
  calibrated: number[];
  lately: number[];
  judged: number;
  stability: number | null;
}

export interface Drift {
  rule: string;
  judged: number;
  alerts: number;
  incomplete: number;
  unknown: number;
  unknown_before: number;
  missed: string[];
  objection: string | null;
  shift: Shift | null;
}

export interface Promises {
  tenant: Promised | null;
  rules: Promised[];
  days: number;
  alerts: number;
  asked_a_day: number | null;
  curve?: Curve | null; // of an older server there is none
  drift?: Drift[];
  spread?: Spread | null;
}
