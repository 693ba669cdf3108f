/** The shape of `answer` in the API's explanations: what the model says, taken apart. */
export interface Evidence {
  member: string;
  surprise: number;
  sentence: string;
}

export interface Step {
  mark: "=" | "~" | "+" | "-";
  here: string | null;
  there: string | null;
}

export interface Near {
  uid: string;
  time: number | string;
  alike: number;
  parts: Record<string, Step[]>;
  events: Record<string, Step[]>;
}

export interface Way {
  changes: { words: string }[];
  probability: number;
}

export interface Taken {
  prediction: { probability: number; surprise: number; evidence: Evidence[] };
  weights: Record<string, number>;
  shares: { section: string; token: string; times: number; bits: number; seen: unknown }[];
  nearest: Near[];
  expected: boolean;
  turned: { ways: Way[]; nearest: Way | null; tried: number; asked: number; complete: boolean };
}
